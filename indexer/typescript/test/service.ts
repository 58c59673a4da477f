// The running service that the tests play against, as `e2e` names it.
import assert from "node:assert/strict";

/** The value of a variable that `e2e/tests/typescript_client.rs` sets. */
export function given(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: e2e/tests/typescript_client.rs runs this against a service`);
  return value;
}

/** Whether there is a service to play against. */
export const isServed = process.env["BIZKEY_INDEXER"] !== undefined;

/** Takes a payment in cash at the gateway. */
export async function pay(key: string, amount: number): Promise<void> {
  const response = await fetch(`${given("BIZKEY_GATEWAY")}/v1/payments`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ amount, method: "cash", device: Number(given("BIZKEY_DEVICE")) }),
  });
  assert.equal(response.status, 201, await response.text());
}

/** Calls a method of the embedded chain. */
export async function chain(method: string, params: object = []): Promise<unknown> {
  const response = await fetch(given("BIZKEY_CHAIN_CONTROLS"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result?: unknown; error?: unknown };
  assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`);
  return result;
}

/** Asks until there is an answer that is not `undefined`. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assert.fail(`${what} took too long`);
}
