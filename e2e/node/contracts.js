// Deploys the token's bundle with api-contract in each way it knows, reads it by
// dry runs, calls it and decodes its events. Every answer is checked here; the
// figures are printed as one line of JSON.
//
// BIZKEY_CHAIN    WebSocket address of the chain, ws://...
// --bundle FILE   the bundle of `bzky`
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Abi, BlueprintPromise, CodePromise, ContractPromise } from '@polkadot/api-contract';
import { randomAsHex } from '@polkadot/util-crypto';
import { account, dispatchError, exitAfter, run, submit, succeed } from './client.js';

const UNIT = 1_000_000_000_000n;
const SUPPLY = 10_000_000_000n * UNIT;
const POOL = 3_000_000_000n * UNIT;
const AMOUNT = 12_345n;

const { values: options } = parseArgs({ options: { bundle: { type: 'string' } } });

/** Whether a message or constructor took everything back. */
const reverted = ({ flags }) => (flags.bits.toNumber() & 1) === 1;

/**
 * Gas of a dry run and a quarter more, or its error: the block that takes the
 * transaction has another time and another state than the dry run saw.
 */
function gasOf(api, dryRun, what) {
  if (dryRun.result.isErr) throw new Error(`${what}, dry run: ${dispatchError(api, dryRun.result.asErr)}`);
  const outcome = dryRun.result.asOk;
  if (reverted(outcome.result ?? outcome)) throw new Error(`${what}, dry run: reverted`);
  const { refTime, proofSize } = dryRun.gasRequired;
  const withMargin = (weight) => (weight.toBigInt() * 5n) / 4n;
  return api.registry.createType('WeightV2', { refTime: withMargin(refTime), proofSize: withMargin(proofSize) });
}

/** The bundle's constructor: Alice holds what the pool at Bob's does not. */
const constructorArgs = (alice, bob) => [
  `0x${'07'.repeat(32)}`, { genesisMs: 1_700_000_000_000, epochMs: 86_400_000 }, alice.address, bob.address,
];

/** Gas and address of an instantiation, by a dry run. */
async function dryRunOf(api, abi, signer, args, code, salt) {
  const data = abi.findConstructor('new').toU8a(args);
  const dryRun = await api.call.contractsApi.instantiate(signer.address, 0, null, null, code, data, salt);
  return { gasLimit: gasOf(api, dryRun, 'instantiate'), address: dryRun.result.asOk.accountId.toString() };
}

/** Uploads the code and makes a contract of it in one transaction. */
async function deployCode(api, abi, wasm, signer, args) {
  const code = new CodePromise(api, abi, wasm);
  const salt = randomAsHex(32);
  const { gasLimit, address } = await dryRunOf(api, abi, signer, args, { Upload: code.code.toHex() }, salt);
  const options = { gasLimit, storageDepositLimit: null, salt };
  const sent = await succeed(api, code.tx.new(options, ...args), signer, 'instantiate with code');
  assert.equal(sent.contract.address.toString(), address);
  const stored = await api.query.contracts.pristineCode(abi.info.source.wasmHash);
  assert.equal(stored.unwrap().toHex(), code.code.toHex());
  return address;
}

/** Makes another contract of the code that the chain has by now. */
async function deployBlueprint(api, abi, signer, args) {
  const hash = abi.info.source.wasmHash;
  const blueprint = new BlueprintPromise(api, abi, hash);
  const salt = randomAsHex(32);
  const { gasLimit, address } = await dryRunOf(api, abi, signer, args, { Existing: hash.toHex() }, salt);
  const options = { gasLimit, storageDepositLimit: null, salt };
  const sent = await succeed(api, blueprint.tx.new(options, ...args), signer, 'instantiate a blueprint');
  assert.equal(sent.contract.address.toString(), address);
  return address;
}

/** What a message answers without a transaction. */
async function read(api, contract, message, caller, ...args) {
  const gasLimit = api.consts.system.blockWeights.maxBlock;
  const answer = await contract.query[message](caller, { gasLimit, storageDepositLimit: null }, ...args);
  gasOf(api, answer, message);
  return answer;
}

/** A balance of the token. */
async function balance(api, contract, owner) {
  const { output } = await read(api, contract, 'psp22::balanceOf', owner, owner);
  return output.asOk.toBigInt();
}

/** Sends tokens by a message; its events are those that the bundle names. */
async function call(api, abi, contract, signer, payee, message, ...args) {
  const dryRun = await read(api, contract, message, signer.address, ...args);
  assert.ok(dryRun.output.asOk.isOk);
  const gasLimit = gasOf(api, dryRun, message);
  const options = { gasLimit, storageDepositLimit: null };
  const sent = await succeed(api, contract.tx[message](options, ...args), signer, message);
  const events = sent.contractEvents.map(({ event, args: values }) => ({
    name: event.identifier.split('::').pop(),
    args: Object.fromEntries(event.args.map(({ name }, index) => [name, values[index].toString()])),
  }));
  assert.deepEqual(events, [
    { name: 'Transfer', args: { from: signer.address, to: payee, value: AMOUNT.toString() } },
  ]);

  // The block's own records decode to the same.
  const block = sent.status.asFinalized;
  const records = await (await api.at(block)).query.system.events();
  const emitted = records.filter(({ event }) => api.events.contracts.ContractEmitted.is(event));
  const ours = emitted.filter(({ event }) => event.data.contract.eq(contract.address));
  const decoded = ours.map((record) => abi.decodeEvent(record));
  assert.equal(decoded.length, 1);
  assert.equal(decoded[0].args[2].toBigInt(), AMOUNT);
  return { message, block: block.toHex(), deposit: dryRun.storageDeposit.toJSON(), events };
}

/** More than the caller owns: the dry run says why, the chain refuses. */
async function refuse(api, contract, signer, payee) {
  const args = [payee, SUPPLY, '0x'];
  const options = { gasLimit: api.consts.system.blockWeights.maxBlock, storageDepositLimit: null };
  const answer = await contract.query['psp22::transfer'](signer.address, options, ...args);
  assert.ok(reverted(answer.result.asOk), 'the dry run went through');
  const reason = answer.output.asOk.asErr.toString();
  const gasLimit = api.registry.createType('WeightV2', {
    refTime: answer.gasRequired.refTime.toBigInt() * 2n, proofSize: answer.gasRequired.proofSize.toBigInt() * 2n,
  });
  const call = contract.tx['psp22::transfer']({ gasLimit, storageDepositLimit: null }, ...args);
  const sent = await submit(api, call, signer, 'too much');
  return { reason, error: sent.failed };
}

/** The contract's record and the trie of its storage. */
async function inspect(api, abi, address) {
  const info = (await api.query.contracts.contractInfoOf(address)).unwrap();
  assert.equal(info.codeHash.toHex(), abi.info.source.wasmHash.toHex());
  const child = `0x${Buffer.from(':child_storage:default:').toString('hex')}${info.trieId.toHex().slice(2)}`;
  const keys = await api.rpc.childstate.getKeys(child, '0x');
  assert.equal(keys.length, info.storageItems.toNumber());
  const values = await Promise.all(keys.map((key) => api.rpc.childstate.getStorage(child, key)));
  const bytes = values.reduce((sum, value) => sum + value.unwrap().toU8a(true).length, 0);
  assert.equal(bytes, info.storageBytes.toNumber());
  return { items: keys.length, bytes };
}

exitAfter(run(async (api) => {
  if (!options.bundle) throw new Error('name the bundle: --bundle FILE.contract');
  const bundle = JSON.parse(await readFile(options.bundle, 'utf8'));
  const abi = new Abi(bundle, api.registry.getChainProperties());
  const [alice, bob] = [account('//Alice'), account('//Bob')];
  const payee = account(randomAsHex(32)).address;
  const args = constructorArgs(alice, bob);
  const address = await deployCode(api, abi, bundle.source.wasm, alice, args);
  const second = await deployBlueprint(api, abi, alice, args);
  assert.notEqual(second, address);
  const contract = new ContractPromise(api, abi, address);

  assert.equal((await read(api, contract, 'psp22::totalSupply', alice.address)).output.asOk.toBigInt(), SUPPLY);
  const calls = [
    await call(api, abi, contract, alice, payee, 'psp22::transfer', payee, AMOUNT, '0x'),
    await call(api, abi, contract, alice, payee, 'transferMany', [[payee, AMOUNT]]),
  ];
  // The first one made the payee's record.
  assert.ok(calls[0].deposit.charge > 0);
  const refused = await refuse(api, contract, alice, payee);
  for (const [owner, expected] of [[alice.address, SUPPLY - POOL - 2n * AMOUNT], [bob.address, POOL], [payee, 2n * AMOUNT]]) {
    assert.equal(await balance(api, contract, owner), expected);
  }
  const other = new ContractPromise(api, abi, second);
  assert.equal(await balance(api, other, payee), 0n);
  return { address, second, payee, calls, refused, storage: await inspect(api, abi, address) };
}));
