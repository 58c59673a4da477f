// Does with a chain what polkadot.js Apps does: connects with default options,
// reads what the chain is, follows its heads, shows accounts and blocks, quotes
// a fee and sends a transfer. Every answer is checked here; the figures are
// printed as one line of JSON.
//
// BIZKEY_CHAIN   WebSocket address of the chain, ws://...
import assert from 'node:assert/strict';
import { blake2AsHex, randomAsHex } from '@polkadot/util-crypto';
import { account, exitAfter, run, submit, succeed, until } from './client.js';

const AMOUNT = 5_000_000_000_000n;

/** The names and numbers that Apps shows before anything else. */
async function chainFacts(api) {
  const [chain, type, name, version, runtime, genesis] = await Promise.all([
    api.rpc.system.chain(),
    api.rpc.system.chainType(),
    api.rpc.system.name(),
    api.rpc.system.version(),
    api.rpc.state.getRuntimeVersion(),
    api.rpc.chain.getBlockHash(0),
  ]);
  assert.ok(api.isConnected);
  assert.ok(type.isDevelopment, `a chain of type ${type}`);
  assert.ok(chain.length > 0 && name.length > 0 && version.length > 0);
  assert.equal(api.genesisHash.toHex(), genesis.toHex());
  assert.equal(api.runtimeVersion.specVersion.toNumber(), runtime.specVersion.toNumber());
  assert.equal(api.runtimeVersion.transactionVersion.toNumber(), runtime.transactionVersion.toNumber());
  // A list to Apps, whether the node states one token or none.
  const decimals = api.registry.chainDecimals;
  const tokens = api.registry.chainTokens;
  assert.deepEqual([decimals.length, tokens.length], [1, 1]);
  assert.equal(api.registry.chainSS58, api.consts.system.ss58Prefix.toNumber());
  return {
    chain: chain.toString(),
    genesis: genesis.toHex(),
    spec: `${runtime.specName}/${runtime.specVersion}`,
    decimals: decimals[0],
    token: tokens[0],
    existentialDeposit: api.consts.balances.existentialDeposit.toString(),
  };
}

/** The constants that pages of Apps read. */
function constants(api) {
  const { balances, contracts, system, timestamp, transactionPayment } = api.consts;
  assert.ok(balances.existentialDeposit.toBigInt() > 0n);
  assert.ok(balances.maxLocks.toNumber() > 0);
  assert.ok(system.blockHashCount.toNumber() > 0);
  assert.ok(system.blockWeights.maxBlock.refTime.toBigInt() > 0n);
  assert.ok(system.blockLength.max.normal.toNumber() > 0);
  assert.ok(system.version.specVersion.eq(api.runtimeVersion.specVersion));
  assert.ok(timestamp.minimumPeriod.toBigInt() >= 0n);
  assert.ok(transactionPayment.operationalFeeMultiplier.toNumber() > 0);
  assert.ok(contracts.depositPerByte.toBigInt() > 0n);
  assert.ok(contracts.maxCodeLen.toNumber() > 0);
}

/** The page "Node info". */
async function node(api) {
  const { author, rpc, system } = api.rpc;
  const [health, peers, roles, sync, pending, methods, id, addresses] = await Promise.all([
    system.health(),
    system.peers(),
    system.nodeRoles(),
    system.syncState(),
    author.pendingExtrinsics(),
    rpc.methods(),
    system.localPeerId(),
    system.localListenAddresses(),
  ]);
  assert.ok(health.isSyncing.isFalse);
  assert.equal(peers.length, health.peers.toNumber());
  assert.ok(roles.length > 0 && id.length > 0 && addresses.length >= 0);
  assert.ok(sync.currentBlock.toNumber() >= 0);
  assert.equal(pending.length, 0);
  const names = methods.methods.map(String);
  for (const name of ['state_call', 'chain_subscribeNewHeads', 'author_submitAndWatchExtrinsic']) {
    assert.ok(names.includes(name), `rpc_methods without ${name}`);
  }
}

/** Follows everything that the page "Explorer" follows. */
async function follow(api, address) {
  const seen = { heads: [], finalized: [], best: [], bestFinalized: [], free: [], derived: [], events: [], stamps: [] };
  const stops = await Promise.all([
    api.rpc.chain.subscribeNewHeads((head) => seen.heads.push(head)),
    api.rpc.chain.subscribeFinalizedHeads((head) => seen.finalized.push(head)),
    api.derive.chain.bestNumber((number) => seen.best.push(number.toNumber())),
    api.derive.chain.bestNumberFinalized((number) => seen.bestFinalized.push(number.toNumber())),
    api.derive.chain.subscribeNewHeads((head) => seen.derived.push(head.number.toNumber())),
    api.query.system.account(address, ({ data }) => seen.free.push(data.free.toBigInt())),
    api.query.system.events((events) => seen.events.push(...events)),
    api.query.timestamp.now((stamp) => seen.stamps.push(stamp.toNumber())),
  ]);
  return { seen, stop: () => stops.forEach((stop) => stop()) };
}

/** Heads come in order, none twice, each a child of the one before and known by its hash. */
async function checkHeads(api, heads) {
  for (const [index, head] of heads.entries()) {
    const hash = await api.rpc.chain.getBlockHash(head.number.unwrap());
    assert.equal(head.hash.toHex(), hash.toHex());
    if (index > 0) {
      assert.equal(head.number.toNumber(), heads[index - 1].number.toNumber() + 1);
      assert.equal(head.parentHash.toHex(), heads[index - 1].hash.toHex());
    }
  }
}

/** Nodes of the state's trie that lead from the header's root to the account. */
async function checkReadProof(api, hash, address) {
  const key = api.query.system.account.key(address);
  const [{ stateRoot }, value, { at, proof }] = await Promise.all([
    api.rpc.chain.getHeader(hash),
    api.rpc.state.getStorage(key, hash),
    api.rpc.state.getReadProof([key], hash),
  ]);
  assert.equal(at.toHex(), hash.toHex());
  const nodes = proof.map((bytes) => bytes.toU8a(true));
  assert.ok(nodes.some((bytes) => blake2AsHex(bytes) === stateRoot.toHex()), 'no node is the state root');
  const account = value.unwrap().toU8a(true);
  assert.ok(nodes.some((bytes) => Buffer.from(bytes).includes(Buffer.from(account))), 'no node holds the account');
}

/** A transfer from the quote to finality. */
async function transfer(api, sender, payee) {
  const before = await api.query.system.account(sender.address);
  const call = api.tx.balances.transferKeepAlive(payee, AMOUNT);
  const quoted = await call.paymentInfo(sender);
  const signed = await call.signAsync(sender);
  const [info, details] = await Promise.all([
    // Raw: the library reads the answer as one of the time when weights were plain numbers.
    api.rpc.payment.queryInfo.raw(signed.toHex()),
    api.rpc.payment.queryFeeDetails(signed.toHex()),
  ]);
  assert.equal(BigInt(info.partialFee), quoted.partialFee.toBigInt());
  assert.equal(info.class, 'normal');
  assert.deepEqual(Object.keys(info.weight).sort(), ['proof_size', 'ref_time']);
  const { baseFee, lenFee, adjustedWeightFee } = details.inclusionFee.unwrap();
  const sum = baseFee.toBigInt() + lenFee.toBigInt() + adjustedWeightFee.toBigInt();
  assert.equal(sum, quoted.partialFee.toBigInt());

  const sent = await succeed(api, api.tx.balances.transferKeepAlive(payee, AMOUNT), sender, 'transfer');
  // The library leaves out a block that is final before it has fetched its events.
  const statuses = sent.statuses.map((status) => status.type).filter((type) => type !== 'InBlock');
  assert.deepEqual(statuses, ['Ready', 'Finalized']);

  const moved = sent.findRecord('balances', 'Transfer').event.data;
  assert.deepEqual([moved.from.toString(), moved.to.toString()], [sender.address, payee]);
  assert.equal(moved.amount.toBigInt(), AMOUNT);
  const fee = sent.findRecord('transactionPayment', 'TransactionFeePaid').event.data.actualFee.toBigInt();
  assert.ok(fee > 0n && fee <= quoted.partialFee.toBigInt(), `paid ${fee}, quoted ${quoted.partialFee}`);

  const hash = sent.status.asFinalized;
  const then = await api.at(hash);
  const after = await then.query.system.account(sender.address);
  assert.equal(after.data.free.toBigInt(), before.data.free.toBigInt() - AMOUNT - fee);
  assert.equal(after.nonce.toNumber(), before.nonce.toNumber() + 1);
  assert.equal((await then.query.system.account(payee)).data.free.toBigInt(), AMOUNT);
  return { hash, fee, extrinsic: sent.txHash.toHex(), quoted: quoted.partialFee.toBigInt() };
}

/** Every status of a transaction as the chain tells them. */
async function watch(api, sender) {
  const signed = await api.tx.system.remarkWithEvent('0x01').signAsync(sender);
  const told = [];
  const stop = await api.rpc.author.submitAndWatchExtrinsic(signed, (status) => told.push(status));
  await until(() => told.at(-1)?.isFinalized, 'a final transaction');
  stop();
  const types = told.map((status) => status.type).filter((type) => type !== 'Broadcast');
  assert.deepEqual(types, ['Ready', 'InBlock', 'Finalized']);
  const [inBlock, finalized] = told.slice(-2);
  assert.equal(inBlock.asInBlock.toHex(), finalized.asFinalized.toHex());
}

/** The block as the explorer shows it, and the state before it. */
async function explore(api, { hash, extrinsic }, payee) {
  const block = await api.derive.chain.getBlock(hash);
  const shown = block.extrinsics.find((each) => each.extrinsic.hash.toHex() === extrinsic);
  assert.ok(shown, 'the block does not hold the transfer');
  const { section, method } = block.extrinsics[0].extrinsic.method;
  assert.deepEqual([section, method], ['timestamp', 'set']);
  assert.ok(shown.events.some(({ section, method }) => `${section}.${method}` === 'system.ExtrinsicSuccess'));
  const parent = await api.at(block.block.header.parentHash);
  assert.equal((await parent.query.system.account(payee)).data.free.toBigInt(), 0n);
  return block.block.header.number.toNumber();
}

/** What the page "Chain state" can ask of a map. */
async function storage(api, sender) {
  const { account: accounts } = api.query.system;
  const [many, keys, size, digest, page] = await Promise.all([
    accounts.multi([sender.address, sender.address]),
    accounts.keys(),
    accounts.size(sender.address),
    accounts.hash(sender.address),
    accounts.entriesPaged({ args: [], pageSize: 3 }),
  ]);
  assert.equal(many[0].toHex(), many[1].toHex());
  assert.ok(keys.some((key) => key.args[0].toString() === sender.address));
  assert.equal(size.toNumber(), many[0].encodedLength);
  assert.equal(digest.toHex(), blake2AsHex(many[0].toU8a()));
  assert.ok(page.length > 0 && page.length <= 3);
  const nonce = await api.call.accountNonceApi.accountNonce(sender.address);
  assert.equal(nonce.toNumber(), many[0].nonce.toNumber());
  assert.equal((await api.rpc.system.accountNextIndex(sender.address)).toNumber(), nonce.toNumber());
}

/** Refusals reach the user with the runtime's words. */
async function refusals(api, sender, payee) {
  const { data } = await api.query.system.account(sender.address);
  const everything = data.free.toBigInt() + 1n;
  const poor = await submit(api, api.tx.balances.transferKeepAlive(payee, everything), sender, 'too much');
  assert.match(poor.failed ?? 'it succeeded', /FundsUnavailable/);
  const stale = api.tx.system.remark('0x00').signAndSend(sender, { nonce: 0 });
  await assert.rejects(stale, /1010: Invalid Transaction: Transaction is outdated/);
  return poor.failed;
}

exitAfter(run(async (api) => {
  const sender = account('//Alice');
  const payee = account(randomAsHex(32)).address;
  const facts = await chainFacts(api);
  constants(api);
  await node(api);
  const { seen, stop } = await follow(api, payee);
  const sent = await transfer(api, sender, payee);
  await watch(api, sender);
  const number = await explore(api, sent, payee);
  await until(
    () => [seen.best, seen.bestFinalized, seen.derived].every((numbers) => numbers.at(-1) >= number)
      && [seen.heads, seen.finalized].every((heads) => heads.at(-1).number.toNumber() >= number)
      && seen.free.at(-1) === AMOUNT,
    'the subscriptions',
  );
  assert.equal(seen.free[0], 0n);
  assert.ok(seen.events.some(({ event }) => api.events.balances.Transfer.is(event) && event.data.to.eq(payee)));
  assert.ok(seen.stamps.length > 0 && seen.stamps.every((stamp, index) => index === 0 || stamp > seen.stamps[index - 1]));
  await checkHeads(api, seen.heads);
  await checkHeads(api, seen.finalized);
  await checkReadProof(api, sent.hash, payee);
  await storage(api, sender);
  const refused = await refusals(api, sender, payee);
  stop();
  return {
    ...facts,
    payee,
    amount: AMOUNT.toString(),
    fee: sent.fee.toString(),
    quoted: sent.quoted.toString(),
    block: sent.hash.toHex(),
    number,
    heads: seen.heads.length,
    finalized: seen.finalized.length,
    refused,
  };
}));
