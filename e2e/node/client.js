// What the scripts share: a connection made as polkadot.js Apps makes it,
// transactions followed to the end, one line of JSON as the result.
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';

const TIMEOUT_MS = 60_000;

/** Rejects when `promise` takes longer than the time-out. */
export function inTime(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Waits until `holds` does, looking again whenever something may have changed. */
export async function until(holds, what) {
  const waited = async () => {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await inTime(waited(), what);
}

/** The development account of a URI such as `//Alice`. */
export const account = (uri) => new Keyring({ type: 'sr25519' }).addFromUri(uri);

/** The runtime's name for a dispatch error. */
export function dispatchError(api, error) {
  if (!error.isModule) return error.toString();
  const { section, name } = api.registry.findMetaError(error.asModule);
  return `${section}.${name}`;
}

/**
 * Signs, submits and waits for finality. The result carries every status seen
 * and, if the call failed, the runtime's name for its error.
 */
export function submit(api, transaction, signer, what) {
  const statuses = [];
  const final = new Promise((resolve, reject) => {
    transaction
      .signAndSend(signer, (result) => {
        statuses.push(result.status);
        if (result.isError) {
          reject(new Error(`${what}: ${result.status}`));
        } else if (result.isFinalized) {
          const failed = result.dispatchError && dispatchError(api, result.dispatchError);
          resolve(Object.assign(result, { statuses, failed }));
        }
      })
      .catch(reject);
  });
  return inTime(final, what);
}

/** As `submit`, for calls that have to succeed. */
export async function succeed(api, transaction, signer, what) {
  const result = await submit(api, transaction, signer, what);
  if (result.failed) throw new Error(`${what}: ${result.failed}`);
  return result;
}

/** Runs `play` on the chain of BIZKEY_CHAIN and prints what it returns. */
export async function run(play) {
  const url = process.env.BIZKEY_CHAIN;
  if (!url) throw new Error('set BIZKEY_CHAIN to the chain, ws://...');
  // Options left alone: these are what Apps starts with.
  const api = new ApiPromise({ provider: new WsProvider(url) });
  try {
    await inTime(api.isReadyOrError, `connecting to ${url}`);
    console.log(JSON.stringify(await play(api)));
  } finally {
    await api.disconnect();
  }
}

/** The end of every script: its exit code, and its error for whoever reads it. */
export function exitAfter(promise) {
  promise.then(
    () => process.exit(0),
    (error) => {
      console.error(error.stack ?? String(error));
      process.exit(1);
    },
  );
}
