import type { components } from "./schema.js";

/** An error as the service tells it (problem+json, RFC 9457). */
export type Problem = components["schemas"]["Problem"];

/** What the service answered instead of what it was asked for. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  /** What was wrong, in the service's words. */
  readonly problem: Problem;
  /** Milliseconds until it is worth asking again, if the service said so. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, retryAfterMs?: number) {
    super(`${problem.title} (${problem.status}): ${problem.detail}`);
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  /** The HTTP status. */
  get status(): number {
    return this.problem.status;
  }

  /** The kind without its prefix: `not-found`, `invalid-parameter`, `too-many-requests`. */
  get kind(): string {
    return this.problem.type.replace(/^urn:bizkey:problem:/, "");
  }

  /** Whether the same request may succeed later. */
  get isTransient(): boolean {
    return this.status === 429 || this.status >= 500;
  }

  /** Reads the answer; one that is no problem+json comes from something in between. */
  static async from(response: Response): Promise<ProblemError> {
    const text = await response.text();
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    return new ProblemError(read(text) ?? unknown(response, text), Number.isFinite(seconds) ? seconds * 1000 : undefined);
  }
}

function read(text: string): Problem | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isProblem(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== "object" || body === null) return false;
  const { type, title, status, detail } = body as Record<string, unknown>;
  return [type, title, detail].every((field) => typeof field === "string") && typeof status === "number";
}

function unknown(response: Response, text: string): Problem {
  const title = response.statusText || "Unexpected answer";
  return { type: "about:blank", title, status: response.status, detail: text.slice(0, 200) };
}
