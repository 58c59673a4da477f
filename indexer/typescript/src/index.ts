/**
 * Client of a Bizkey indexer. Its types come from the service's OpenAPI
 * document (`schema.d.ts`); amounts are decimal strings, for `BigInt`.
 */
import createClient, { type Client } from "openapi-fetch";
import { type Answer, type AnyPage, follow, type Item, type PagedPath, type PageParameters } from "./pages.js";
import { ProblemError } from "./problem.js";
import type { components, paths } from "./schema.js";
import { stream, type StreamEvent, type StreamOptions } from "./stream.js";

export type { Answer, Item, PagedPath, PageParameters } from "./pages.js";
export { type Problem, ProblemError } from "./problem.js";
export type { BlockEvent, RolledBackEvent, StreamEvent, StreamOptions } from "./stream.js";
export type { components, paths } from "./schema.js";

/** A type of the document by its name: `Schema<"Receipt">`. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

export interface ClientOptions {
  /** Where the service listens, for example `http://127.0.0.1:8081`. */
  baseUrl: string;
  /** Makes the requests; the platform's own if not given. */
  fetch?: typeof globalThis.fetch;
}

/** The parameter is optional where the path needs none. */
type Rest<Parameters> = {} extends Parameters ? [parameters?: Parameters] : [parameters: Parameters];

export interface IndexerClient {
  /**
   * Any path of the document, typed: `GET("/v1/merchants/{id}", { params: { path: { id: 1 } } })`.
   * @throws {ProblemError} when the service answers with an error
   */
  GET: Client<paths>["GET"];
  /**
   * A list's pages: `pages("/v1/receipts", { query: { merchant: 1 } })`.
   * @throws {ProblemError} when the service answers with an error
   */
  pages<P extends PagedPath>(path: P, ...parameters: Rest<PageParameters<P>>): AsyncGenerator<Answer<P>, void, void>;
  /**
   * A list's items, page by page.
   * @throws {ProblemError} when the service answers with an error
   */
  items<P extends PagedPath>(path: P, ...parameters: Rest<PageParameters<P>>): AsyncGenerator<Item<P>, void, void>;
  /**
   * Blocks with their receipts and rewards as they are stored, resumed by itself.
   * @throws {ProblemError} when the service refuses what is asked for
   */
  stream(options?: StreamOptions): AsyncGenerator<StreamEvent, void, void>;
}

/** Makes a client of one indexer. */
export function createIndexerClient(options: ClientOptions): IndexerClient {
  const baseUrl = options.baseUrl.replace(/\/+$/, "");
  const fetch: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const client = createClient<paths>({ baseUrl, fetch });
  client.use({
    onResponse: async ({ response }) => {
      if (!response.ok) throw await ProblemError.from(response);
    },
  });

  // `GET` takes the parameters of one path; here they are those of any. That
  // they fit their path is checked where `pages` and `items` are called.
  const get = client.GET as (path: string, init: object) => Promise<{ data?: unknown }>;
  const pagesOf = (path: PagedPath, parameters: object = {}) =>
    follow(async (after) => {
      const { query, ...others } = parameters as { query?: object };
      const cursor = after === undefined ? {} : { after };
      const { data } = await get(path, { params: { ...others, query: { ...query, ...cursor } } });
      return data as AnyPage;
    });

  return {
    GET: client.GET,
    pages: (path, ...[parameters]) => pagesOf(path, parameters) as AsyncGenerator<Answer<typeof path>, void, void>,
    async *items(path, ...[parameters]) {
      for await (const page of pagesOf(path, parameters)) {
        yield* page.items as Item<typeof path>[];
      }
    },
    stream: (streamOptions) => stream({ url: `${baseUrl}/v1/stream`, fetch }, streamOptions),
  };
}
