// The client against a running service, with payments that are really taken.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createIndexerClient, ProblemError, type BlockEvent, type Schema, type StreamEvent } from "../src/index.js";
import { chain, given, isServed, pay, until } from "./service.js";

const live = { skip: isServed ? false : "no service is given" };
const client = () => createIndexerClient({ baseUrl: given("BIZKEY_INDEXER") });
const merchant = () => Number(given("BIZKEY_MERCHANT"));

/** Reads a stream until `enough` holds of what it told. */
async function read(events: AsyncIterable<StreamEvent>, enough: (told: StreamEvent[]) => boolean) {
  const told: StreamEvent[] = [];
  for await (const event of events) {
    told.push(event);
    if (enough(told)) break;
  }
  return told;
}

/** What a reader keeps that does as it is told. */
function kept(told: StreamEvent[]): BlockEvent[] {
  return told.reduce<BlockEvent[]>(
    (blocks, event) =>
      event.type === "block" ? [...blocks, event] : blocks.filter((block) => block.head.number <= event.number),
    [],
  );
}

const receiptsOf = (told: StreamEvent[]) => kept(told).flatMap((block) => block.receipts);
const amounts = (receipts: Schema<"Receipt">[]) => receipts.map((receipt) => BigInt(receipt.amount));

test("a registered shop is found, and what is not there is a typed problem", live, async () => {
  const { data } = await client().GET("/v1/merchants/{id}", { params: { path: { id: merchant() } } });
  assert.equal(data?.id, merchant());
  assert.match(data.account, /^5/);
  assert.equal(data.status, "active");

  const missing = client().GET("/v1/merchants/{id}", { params: { path: { id: 4_000_000 } } });
  await assert.rejects(missing, (error) => {
    assert.ok(error instanceof ProblemError);
    assert.deepEqual([error.status, error.kind, error.isTransient], [404, "not-found", false]);
    return true;
  });
  await assert.rejects(client().items("/v1/receipts", { query: { limit: 0 } }).next(), { kind: "invalid-parameter" });
});

test("payments are seen in the stream as they are recorded, and the same in pages", live, async () => {
  const taken = BigInt(given("BIZKEY_TAKEN"));
  const wanted = [1, 2, 3, 4, 5, 6, 7].map((number) => 70_000n + BigInt(number));
  const stop = new AbortController();
  const reading = read(client().stream({ merchant: merchant(), after: 0, signal: stop.signal }), (told) => {
    const seen = amounts(receiptsOf(told));
    return wanted.every((amount) => seen.includes(amount));
  });
  for (const amount of wanted) await pay(`live-${amount}`, Number(amount));
  const timer = setTimeout(() => stop.abort(), 120_000);
  const streamed = receiptsOf(await reading);
  clearTimeout(timer);
  assert.deepEqual(amounts(streamed).sort(), [taken, ...wanted].sort());
  assert.ok(streamed.every((receipt) => receipt.merchant === merchant() && receipt.valid));

  const paged: Schema<"Receipt">[] = [];
  let pages = 0;
  for await (const page of client().pages("/v1/receipts", { query: { merchant: merchant(), limit: 3 } })) {
    assert.ok(page.items.length <= 3);
    paged.push(...page.items);
    pages += 1;
  }
  assert.deepEqual([paged.length, pages], [8, 3]);
  assert.deepEqual(paged, streamed);
});

test("a stream that is cut again and again tells the same as one that is not", live, async () => {
  const { data: health } = await client().GET("/health");
  const last = health?.finalized ?? 0;
  const whole = (told: StreamEvent[]) => told.some((event) => event.type === "block" && event.head.number >= last);
  const expected = await read(client().stream({ after: 0 }), whole);

  let connections = 0;
  const cut: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    connections += 1;
    const body = response.body!.getReader();
    let left = 900 + connections * 100;
    const short = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await body.read();
        if (done) return controller.close();
        controller.enqueue(value.subarray(0, left));
        left -= value.length;
        if (left <= 0) {
          await body.cancel();
          controller.error(new Error("cut"));
        }
      },
    });
    return new Response(short, { status: response.status, headers: response.headers });
  };
  const cutting = createIndexerClient({ baseUrl: given("BIZKEY_INDEXER"), fetch: cut });
  const told = await read(cutting.stream({ after: 0, minimumPauseMs: 1 }), whole);
  assert.ok(connections > 3, `${connections} connections`);
  const blocks = (told: StreamEvent[]) =>
    kept(told)
      .filter((block) => block.head.number <= last)
      .map(({ head, receipts, rewards }) => [head.hash, receipts, rewards]);
  assert.deepEqual(blocks(told), blocks(expected));
});

test("a reward is proved at the same address, ready to submit", live, async () => {
  const path = { side: "merchant", epoch: 0, account: merchant() };
  // The payment before this was in one of the first epochs; which one is judged first is asked.
  const proof = await until("an epoch with a proof", async () => {
    for (let epoch = 0; epoch < 200; epoch += 1) {
      try {
        const { data } = await client().GET("/v1/proofs/{side}/{epoch}/{account}", { params: { path: { ...path, epoch } } });
        return data;
      } catch (error) {
        assert.ok(error instanceof ProblemError && error.status === 404, String(error));
        if (error.kind === "not-judged") return undefined;
      }
    }
    return undefined;
  });
  assert.deepEqual([proof.side, proof.leaf.account], ["merchant", merchant()]);
  assert.match(proof.contract, /^5/);
  assert.match(proof.input, /^0x[0-9a-f]{100,}$/);
});

test("a turn of the chain is told, and the payment comes again", live, async (context) => {
  if (!process.env["BIZKEY_CHAIN_CONTROLS"]) return context.skip("the chain has no controls");
  await chain("dev_setFinalityLag", { blocks: 20 });
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 120_000);
  let turned = false;
  const amount = 99_001n;
  const reading = read(client().stream({ merchant: merchant(), signal: stop.signal }), (told) => {
    const receipts = receiptsOf(told);
    if (!turned && amounts(receipts).includes(amount)) {
      turned = true;
      const { head } = kept(told).at(-1)!;
      assert.equal(head.finalized, false);
      void chain("dev_reorg", { depth: 2, transactions: "include" });
    }
    return told.some((event) => event.type === "rolled_back") && amounts(receipts).includes(amount);
  });
  await pay("turned", Number(amount));
  const told = await reading;
  clearTimeout(timer);
  assert.ok(turned && told.some((event) => event.type === "rolled_back"), "no turn was told");
  assert.equal(amounts(receiptsOf(told)).filter((found) => found === amount).length, 1);
  await chain("dev_setFinalityLag", { blocks: 0 });
  await chain("dev_finalize");
});
