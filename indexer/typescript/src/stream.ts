import { createParser, type EventSourceMessage } from "eventsource-parser";
import { ProblemError } from "./problem.js";
import type { components } from "./schema.js";

type Schemas = components["schemas"];

/** A block that is stored, with all that it recorded. */
export interface BlockEvent {
  type: "block";
  /** Give it as `lastEventId` to go on after this block. */
  id: string;
  head: Schemas["Head"];
  receipts: Schemas["Receipt"][];
  rewards: Schemas["ToldReward"][];
}

/** The chain turned: whatever was told of blocks above this one is void. */
export interface RolledBackEvent {
  type: "rolled_back";
  number: number;
}

export type StreamEvent = BlockEvent | RolledBackEvent;

export interface StreamOptions {
  /** Only receipts and rewards of this shop. */
  merchant?: number;
  /** Begin after this block; without it, and without `lastEventId`, after the last stored one. */
  after?: number;
  /** Go on after the block whose event bore this id. */
  lastEventId?: string;
  /** Ends the stream. */
  signal?: AbortSignal;
  /** First pause before coming back, doubled each time; 500 ms. */
  minimumPauseMs?: number;
  /** Longest pause; 30 s. */
  maximumPauseMs?: number;
  /** Silence after which a connection counts as broken; 45 s. The service says something every 15 s. */
  silenceMs?: number;
  /** Told of each break, before the pause. */
  onBreak?: (cause: unknown, pauseMs: number) => void;
}

/** Where the stream is, and what makes requests. */
export interface Connection {
  url: string;
  fetch: typeof globalThis.fetch;
}

/**
 * Blocks as they are stored, each whole and once, across lost connections: the
 * service is asked to go on after the last block that came. It ends by `signal`
 * or when the loop is left; it throws what coming back would not mend.
 */
export async function* stream(connection: Connection, options: StreamOptions = {}): AsyncGenerator<StreamEvent, void, void> {
  const { signal, minimumPauseMs = 500, maximumPauseMs = 30_000 } = options;
  let lastEventId = options.lastEventId;
  let failures = 0;
  while (!signal?.aborted) {
    let cause: unknown;
    try {
      for await (const event of blocks(messages(connection, options, lastEventId))) {
        failures = 0;
        if (event.type === "block") lastEventId = event.id;
        yield event;
      }
      cause = new Error("the service ended the stream");
    } catch (error) {
      if (error instanceof ProblemError && !error.isTransient) throw error;
      cause = error;
    }
    if (signal?.aborted) return;
    const backOff = Math.min(maximumPauseMs, minimumPauseMs * 2 ** failures);
    // A random part, so that many clients do not come back at once.
    const pause = Math.max(backOff * (0.5 + Math.random() / 2), retryAfter(cause));
    failures += 1;
    options.onBreak?.(cause, pause);
    await sleep(pause, signal);
  }
}

function retryAfter(cause: unknown): number {
  return (cause instanceof ProblemError ? cause.retryAfterMs : undefined) ?? 0;
}

/**
 * Gathers what belongs to a block until its head comes, so that a connection
 * lost in the middle tells nothing twice.
 */
async function* blocks(incoming: AsyncIterable<EventSourceMessage>): AsyncGenerator<StreamEvent, void, void> {
  let receipts: Schemas["Receipt"][] = [];
  let rewards: Schemas["ToldReward"][] = [];
  for await (const { event, id, data } of incoming) {
    switch (event) {
      case "receipt":
        receipts.push(JSON.parse(data));
        break;
      case "reward":
        rewards.push(JSON.parse(data));
        break;
      case "head":
        yield { type: "block", id: id ?? "", head: JSON.parse(data), receipts, rewards };
        [receipts, rewards] = [[], []];
        break;
      case "rolled_back":
        // What was gathered is of a block that left.
        [receipts, rewards] = [[], []];
        yield { type: "rolled_back", number: (JSON.parse(data) as Schemas["RolledBack"]).number };
        break;
      // Others may be added; whoever does not know them loses nothing.
    }
  }
}

/** One connection's events. */
async function* messages(
  { url, fetch }: Connection,
  { merchant, after, signal, silenceMs = 45_000 }: StreamOptions,
  lastEventId: string | undefined,
): AsyncGenerator<EventSourceMessage, void, void> {
  const request = new URL(url);
  if (merchant !== undefined) request.searchParams.set("merchant", String(merchant));
  if (after !== undefined && lastEventId === undefined) request.searchParams.set("after", String(after));
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (lastEventId !== undefined) headers["last-event-id"] = lastEventId;

  const closed = new AbortController();
  const close = () => closed.abort(signal?.reason);
  signal?.addEventListener("abort", close, { once: true });
  /** Waits for the service, but not for ever. */
  const heard = async <T>(waiting: Promise<T>): Promise<T> => {
    const silence = setTimeout(() => closed.abort(new Error(`nothing came for ${silenceMs} ms`)), silenceMs);
    try {
      return await waiting;
    } finally {
      clearTimeout(silence);
    }
  };
  try {
    const response = await heard(fetch(request, { headers, signal: closed.signal, cache: "no-store" }));
    if (!response.ok) throw await ProblemError.from(response);
    if (!response.body) throw new Error("the service answered without a body");
    const arrived: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (event) => arrived.push(event) });
    const [reader, decoder] = [response.body.getReader(), new TextDecoder()];
    for (;;) {
      const { done, value } = await heard(reader.read());
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* arrived.splice(0);
    }
  } finally {
    signal?.removeEventListener("abort", close);
    closed.abort();
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
