import type { paths } from "./schema.js";

/** What a path answers with 200, as JSON. */
export type Answer<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

/** Paths that answer a page of a list. */
export type PagedPath = {
  [P in keyof paths]: [Answer<P>] extends [never]
    ? never
    : Answer<P> extends { items: unknown[]; next?: string | null }
      ? P
      : never;
}[keyof paths];

/** An item of a list. */
export type Item<P extends PagedPath> = Answer<P> extends { items: (infer T)[] } ? T : never;

/** A path's parameters, but for the cursor, which the pages keep themselves. */
export type PageParameters<P extends keyof paths> = paths[P] extends { get: { parameters: infer Parameters } }
  ? {
      [K in keyof Parameters as Parameters[K] extends undefined ? never : K]: K extends "query"
        ? Omit<NonNullable<Parameters[K]>, "after">
        : Parameters[K];
    }
  : never;

/** A page of any list. */
export interface AnyPage {
  items: unknown[];
  next?: string | null;
}

/** Follows `next` of each page to the one after it; `load` fetches the page behind a cursor. */
export async function* follow(
  load: (after: string | undefined) => Promise<AnyPage>,
): AsyncGenerator<AnyPage, void, void> {
  let after: string | undefined;
  do {
    const page = await load(after);
    yield page;
    after = page.next ?? undefined;
  } while (after !== undefined);
}
