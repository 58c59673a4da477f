// Deploys a contract bundle and calls one of its messages with polkadot.js, then
// prints what happened as one line of JSON.
//
// BIZKEY_CHAIN            WebSocket address of the chain, ws://...
// --bundle FILE           a .contract bundle
// --constructor NAME      default: new
// --args JSON             the constructor's arguments, an array; default []
// --message NAME          the message to call (as in the bundle, e.g. flip)
// --message-args JSON     its arguments; default []
// --query NAME            a message to read afterwards, without a transaction
// --signer URI            default: //Alice
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { Abi, CodePromise, ContractPromise } from '@polkadot/api-contract';

const TIMEOUT_MS = 60_000;

const { values: options } = parseArgs({
  options: {
    bundle: { type: 'string' },
    constructor: { type: 'string', default: 'new' },
    args: { type: 'string', default: '[]' },
    message: { type: 'string' },
    'message-args': { type: 'string', default: '[]' },
    query: { type: 'string' },
    signer: { type: 'string', default: '//Alice' },
  },
});

/** Rejects when `promise` takes longer than the time-out. */
function inTime(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The runtime's name for a dispatch error. */
function dispatchError(api, error) {
  if (!error.isModule) return error.toString();
  const { section, name } = api.registry.findMetaError(error.asModule);
  return `${section}.${name}`;
}

/** Signs, submits and waits for finality. */
function submit(api, transaction, signer, what) {
  const final = new Promise((resolve, reject) => {
    transaction
      .signAndSend(signer, (result) => {
        if (result.dispatchError) {
          reject(new Error(`${what}: ${dispatchError(api, result.dispatchError)}`));
        } else if (result.isError) {
          reject(new Error(`${what}: ${result.status}`));
        } else if (result.isFinalized) {
          resolve(result);
        }
      })
      .catch(reject);
  });
  return inTime(final, what);
}

/**
 * Gas of a dry run and a quarter more, or its error: the block that takes the
 * transaction has another time and another state than the dry run saw.
 */
function gasOf(api, dryRun, what) {
  if (dryRun.result.isErr) {
    throw new Error(`${what}, dry run: ${dispatchError(api, dryRun.result.asErr)}`);
  }
  if (dryRun.result.asOk.flags?.isRevert || dryRun.result.asOk.result?.flags?.isRevert) {
    throw new Error(`${what}, dry run: reverted`);
  }
  const { refTime, proofSize } = dryRun.gasRequired;
  const withMargin = (weight) => (weight.toBigInt() * 5n) / 4n;
  return api.registry.createType('WeightV2', {
    refTime: withMargin(refTime),
    proofSize: withMargin(proofSize),
  });
}

const lowered = (name) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** polkadot.js renames messages; finds one by the bundle's name. */
function find(methods, name) {
  const found = Object.entries(methods).find(([key]) => lowered(key) === lowered(name));
  if (!found) throw new Error(`no ${name}; there are: ${Object.keys(methods).join(', ')}`);
  return found[1];
}

async function run() {
  const url = process.env.BIZKEY_CHAIN;
  if (!url) throw new Error('set BIZKEY_CHAIN to the chain, ws://...');
  if (!options.bundle) throw new Error('name a bundle: --bundle FILE.contract');
  const bundle = JSON.parse(await readFile(options.bundle, 'utf8'));
  const api = await inTime(
    ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true, throwOnConnect: true }),
    'connecting',
  );
  try {
    const signer = new Keyring({ type: 'sr25519' }).addFromUri(options.signer);
    const abi = new Abi(bundle, api.registry.getChainProperties());
    const constructor = abi.constructors.find((c) => lowered(c.identifier) === lowered(options.constructor));
    if (!constructor) throw new Error(`no constructor ${options.constructor}`);
    const args = JSON.parse(options.args);
    // Without a limit api-contract asks for no proof size at all.
    const wholeBlock = api.consts.system.blockWeights.maxBlock;
    const code = new CodePromise(api, abi, bundle.source.wasm ?? bundle.source.contract_binary);
    const dryRun = await api.call.contractsApi.instantiate(
      signer.address, 0, null, null, { Upload: code.code.toHex() }, constructor.toU8a(args), '0x',
    );
    const deployment = await submit(
      api,
      find(code.tx, options.constructor)({ gasLimit: gasOf(api, dryRun, 'instantiate'), storageDepositLimit: null }, ...args),
      signer,
      'instantiate',
    );
    const address = deployment.contract.address.toString();
    const contract = new ContractPromise(api, abi, address);
    const output = { address, deployedIn: deployment.status.asFinalized.toHex() };

    if (options.message) {
      const messageArgs = JSON.parse(options['message-args']);
      const query = await find(contract.query, options.message)(
        signer.address, { gasLimit: wholeBlock, storageDepositLimit: null }, ...messageArgs,
      );
      const called = await submit(
        api,
        find(contract.tx, options.message)({ gasLimit: gasOf(api, query, options.message), storageDepositLimit: null }, ...messageArgs),
        signer,
        options.message,
      );
      output.calledIn = called.status.asFinalized.toHex();
      output.events = (called.contractEvents ?? []).map(({ event, args: values }) => ({
        name: event.identifier.split('::').pop(),
        args: Object.fromEntries(event.args.map(({ name }, index) => [name, values[index].toJSON()])),
      }));
      output.records = called.events.map(({ event }) => `${event.section}.${event.method}`);
    }
    if (options.query) {
      const answer = await find(contract.query, options.query)(
        signer.address, { gasLimit: wholeBlock, storageDepositLimit: null },
      );
      gasOf(api, answer, options.query);
      output.answer = answer.output.toJSON();
    }
    console.log(JSON.stringify(output));
  } finally {
    await api.disconnect();
  }
}

run().then(
  () => process.exit(0),
  (error) => {
    console.error(error.stack ?? String(error));
    process.exit(1);
  },
);
