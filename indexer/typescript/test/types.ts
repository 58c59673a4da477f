// What does not compile is part of the client too: `tsc` refuses this file if
// one of the wrong uses below passes.
import { createIndexerClient } from "../src/index.js";

const client = createIndexerClient({ baseUrl: "http://127.0.0.1" });
const ofShop = { path: { id: 1 } };

/** Never called. */
export async function uses(): Promise<void> {
  for await (const page of client.pages("/v1/receipts")) page.items[0]!.amount.length;
  for await (const reward of client.items("/v1/merchants/{id}/rewards", { ...ofShop, query: { limit: 3 } })) {
    reward.amount.length;
  }
  // @ts-expect-error a path parameter is missing
  client.items("/v1/merchants/{id}/rewards");
  // @ts-expect-error not a list
  client.items("/v1/merchants/{id}", ofShop);
  // @ts-expect-error the cursor is kept by the pages
  client.items("/v1/receipts", { query: { after: 1 } });
  // @ts-expect-error no such parameter
  client.items("/v1/receipts", { query: { shop: 1 } });
}
