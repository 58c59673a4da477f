// How the stream is followed across a service that breaks off, refuses and
// turns back: here a server that does so on purpose.
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { createIndexerClient, ProblemError, type StreamEvent, type StreamOptions } from "../src/index.js";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let answers: Answer[] = [];
let requests: { url: string; lastEventId: string | undefined }[] = [];
const server = createServer((request, response) => {
  requests.push({ url: request.url ?? "", lastEventId: request.headers["last-event-id"] as string | undefined });
  const answer = answers.shift();
  if (answer) answer(request, response);
  else response.writeHead(500).end();
});

before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
after(() => {
  server.closeAllConnections();
  server.close();
});

const event = (name: string, data: object, id?: string) =>
  `event: ${name}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
const receipt = (id: number) => event("receipt", { id: String(id) });
const head = (number: number) => event("head", { number, hash: `0x${number}` }, `${number}-aa-0`);

/** Says this and then ends, breaks off or stays silent. */
const says =
  (text: string, then: "end" | "break" | "silence" = "end"): Answer =>
  (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(text, () => {
      if (then === "end") response.end();
      if (then === "break") response.destroy();
    });
  };

const refuses =
  (status: number, kind: string, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    const problem = { type: `urn:bizkey:problem:${kind}`, title: kind, status, detail: "no" };
    response.writeHead(status, { "content-type": "application/problem+json", ...headers });
    response.end(JSON.stringify(problem));
  };

async function follow(script: Answer[], count: number, options: StreamOptions = {}) {
  [answers, requests] = [script, []];
  const { port } = server.address() as AddressInfo;
  const client = createIndexerClient({ baseUrl: `http://127.0.0.1:${port}/` });
  const told: StreamEvent[] = [];
  for await (const event of client.stream({ minimumPauseMs: 1, ...options })) {
    told.push(event);
    if (told.length === count) break;
  }
  return told;
}

/** Number of each block and its receipts; a turn by its number alone. */
const brief = (told: StreamEvent[]) =>
  told.map((event) =>
    event.type === "block" ? [event.head.number, event.receipts.map((receipt) => receipt.id)] : event.number,
  );

test("a block comes whole and once, however often the connection is lost", async () => {
  const script = [
    says(receipt(1) + receipt(2) + head(1) + receipt(3), "break"),
    says(receipt(3) + receipt(4), "end"),
    says(receipt(3) + receipt(4) + head(2) + head(3)),
  ];
  const told = await follow(script, 3, { after: 0, merchant: 7 });
  assert.deepEqual(brief(told), [[1, ["1", "2"]], [2, ["3", "4"]], [3, []]]);
  assert.deepEqual(requests, [
    { url: "/v1/stream?merchant=7&after=0", lastEventId: undefined },
    { url: "/v1/stream?merchant=7", lastEventId: "1-aa-0" },
    { url: "/v1/stream?merchant=7", lastEventId: "1-aa-0" },
  ]);
});

test("a turn is passed on, and what was gathered of a block that left is not", async () => {
  const script = [says(head(1) + receipt(1) + event("rolled_back", { number: 0 }) + receipt(2) + head(1))];
  assert.deepEqual(brief(await follow(script, 3)), [[1, []], 0, [1, ["2"]]]);
});

test("events of names to come and comments are no harm", async () => {
  const script = [says(`: still here\n\n${event("news", { a: 1 })}${head(1)}`)];
  assert.deepEqual(brief(await follow(script, 1)), [[1, []]]);
});

test("pauses grow, and a service that says how long is waited for", async () => {
  const pauses: number[] = [];
  const script = [
    refuses(503, "too-many-streams"),
    refuses(500, "internal"),
    refuses(429, "too-many-requests", { "retry-after": "1" }),
    says(head(1)),
    refuses(503, "not-ready"),
    says(head(2)),
  ];
  const options = { minimumPauseMs: 8, maximumPauseMs: 12, onBreak: (_: unknown, pause: number) => pauses.push(pause) };
  await follow(script, 2, options);
  const within = (index: number, least: number, most: number) =>
    assert.ok(pauses[index]! >= least && pauses[index]! <= most, `${index}: ${pauses}`);
  within(0, 4, 8);
  within(1, 6, 12);
  within(2, 1000, 1000);
  // What came in between makes them short again.
  within(3, 4, 8);
});

test("silence is a lost connection", async () => {
  const script = [says(head(1), "silence"), says(head(2))];
  assert.deepEqual(brief(await follow(script, 2, { silenceMs: 100 })), [[1, []], [2, []]]);
});

test("what coming back would not mend is thrown", async () => {
  const refused = follow([refuses(400, "invalid-parameter")], 1);
  await assert.rejects(refused, (error) => error instanceof ProblemError && error.kind === "invalid-parameter");
  assert.equal(requests.length, 1);
});

test("a signal ends the stream, in the middle of it and in a pause", async () => {
  for (const script of [[says(head(1), "silence")], [says(head(1), "break")]]) {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    assert.equal((await follow(script, 9, { signal: stop.signal, minimumPauseMs: 60_000 })).length, 1);
  }
});
