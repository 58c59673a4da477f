//! Requests of each path, with places for what is drawn.

/// Paths that no client asks for at a rate, and why.
pub const LEFT_OUT: &[(&str, &str)] = &[("/v1/stream", "has no end"), ("/v1/receipts/export", "is a file of an epoch")];

/// By path, requests as clients make them: with filters, and with pages deep
/// inside of lists. The places are those of `Requests::value`.
pub(super) const TEMPLATES: &[(&str, &[&str])] = &[
    (
        "/v1/accounts/{account}/balances",
        &["/v1/accounts/{shop account}/balances", "/v1/accounts/{customer account}/balances"],
    ),
    (
        "/v1/accounts/{account}/checkpoints",
        &[
            "/v1/accounts/{shop account}/checkpoints?after={epoch}",
            "/v1/accounts/{shop account}/checkpoints?balance=deposit",
        ],
    ),
    ("/v1/agents", &["/v1/agents?after={agent}"]),
    ("/v1/algorithms", &["/v1/algorithms", "/v1/algorithms?after={epoch}"]),
    (
        "/v1/collections",
        &[
            "/v1/collections?after={position}",
            "/v1/collections?merchant={shop}&after={position}",
            "/v1/collections?customer={customer}",
            "/v1/collections?merchant={shop}&customer={customer}",
        ],
    ),
    ("/v1/customers/{id}", &["/v1/customers/{customer}"]),
    (
        "/v1/customers/{id}/rewards",
        &["/v1/customers/{customer}/rewards", "/v1/customers/{customer}/rewards?after={epoch}"],
    ),
    (
        "/v1/debt-changes",
        &[
            "/v1/debt-changes?after={position}",
            "/v1/debt-changes?party=merchant-{shop}",
            "/v1/debt-changes?party=customer-{customer}&after={position}",
        ],
    ),
    (
        "/v1/debts",
        &[
            "/v1/debts?after=merchant-{shop}",
            "/v1/debts?side=customer",
            "/v1/debts?side=merchant&after=merchant-{shop}",
        ],
    ),
    (
        "/v1/demands",
        &[
            "/v1/demands?after={position}",
            "/v1/demands?merchant={shop}",
            "/v1/demands?state=open",
            "/v1/demands?state=failed&after={position}",
            "/v1/demands?merchant={shop}&state=opened",
        ],
    ),
    ("/v1/deposits", &["/v1/deposits?after={device}", "/v1/deposits?depositor={shop account}"]),
    ("/v1/devices/{id}", &["/v1/devices/{device}"]),
    ("/v1/directors", &["/v1/directors", "/v1/directors?in_office=true", "/v1/directors?after={director}"]),
    ("/v1/disputes", &["/v1/disputes", "/v1/disputes?epoch={past}", "/v1/disputes?after={past}-1"]),
    ("/v1/epochs", &["/v1/epochs", "/v1/epochs?after={epoch}&limit=50"]),
    ("/v1/epochs/{epoch}", &["/v1/epochs/{epoch}"]),
    (
        "/v1/epochs/{epoch}/capital-floors",
        &["/v1/epochs/{epoch}/capital-floors?limit=500", "/v1/epochs/{epoch}/capital-floors?after={trade}-{region}"],
    ),
    ("/v1/epochs/{epoch}/clamps", &["/v1/epochs/{epoch}/clamps?limit=500", "/v1/epochs/{epoch}/clamps?after={trade}"]),
    ("/v1/epochs/{epoch}/reports", &["/v1/epochs/{epoch}/reports"]),
    (
        "/v1/epochs/{epoch}/rewards",
        &[
            "/v1/epochs/{epoch}/rewards",
            "/v1/epochs/{epoch}/rewards?side=merchant&after=merchant-{shop}",
            "/v1/epochs/{epoch}/rewards?side=customer",
            "/v1/epochs/{epoch}/rewards?after=customer-{customer}&limit=500",
        ],
    ),
    ("/v1/epochs/{epoch}/scoring-rules", &["/v1/epochs/{epoch}/scoring-rules"]),
    (
        "/v1/merchants",
        &[
            "/v1/merchants?after={shop}",
            "/v1/merchants?trade={trade}",
            "/v1/merchants?region={region}&after={shop}&limit=50",
            "/v1/merchants?trade={trade}&region={region}",
        ],
    ),
    ("/v1/merchants/{id}", &["/v1/merchants/{shop}"]),
    (
        "/v1/merchants/{id}/candles",
        &[
            "/v1/merchants/{shop}/candles?interval=1m&limit=500",
            "/v1/merchants/{shop}/candles?interval=5m&from_ms={ms}",
            "/v1/merchants/{shop}/candles?interval=1h&from_ms={ms}&limit=200",
            "/v1/merchants/{shop}/candles?interval=1d&from_ms={ms}",
            "/v1/merchants/{shop}/candles?interval=1h&fill=false&from_ms={ms}",
        ],
    ),
    ("/v1/merchants/{id}/deferred-rewards", &["/v1/merchants/{shop}/deferred-rewards"]),
    ("/v1/merchants/{id}/devices", &["/v1/merchants/{shop}/devices"]),
    (
        "/v1/merchants/{id}/grades",
        &["/v1/merchants/{shop}/grades", "/v1/merchants/{shop}/grades?after={epoch}&limit=30"],
    ),
    ("/v1/merchants/{id}/rewards", &["/v1/merchants/{shop}/rewards", "/v1/merchants/{shop}/rewards?after={epoch}"]),
    (
        "/v1/merchants/{id}/scores",
        &["/v1/merchants/{shop}/scores", "/v1/merchants/{shop}/scores?after={epoch}&limit=30"],
    ),
    (
        "/v1/offers",
        &[
            "/v1/offers?after={offer}",
            "/v1/offers?open=true",
            "/v1/offers?currency={currency}&open=true&after={offer}",
            "/v1/offers?maker={trader}",
        ],
    ),
    (
        "/v1/penalties",
        &["/v1/penalties?after={position}", "/v1/penalties?account={shop account}", "/v1/penalties?device={device}"],
    ),
    ("/v1/prices", &["/v1/prices", "/v1/prices?after={position}&limit=500"]),
    (
        "/v1/privileges",
        &[
            "/v1/privileges?after={privilege}",
            "/v1/privileges?open=true&after={privilege}",
            "/v1/privileges?merchant={shop}",
            "/v1/privileges?merchant={shop}&open=true",
        ],
    ),
    (
        "/v1/rankings",
        &[
            "/v1/rankings",
            "/v1/rankings?epoch={past}&limit=500",
            "/v1/rankings?epoch={past}&trade={trade}",
            "/v1/rankings?region={region}&after={past}-{shop}",
            "/v1/rankings?epoch={past}&trade={trade}&region={region}",
            "/v1/rankings?after={past}-{shop}",
            "/v1/rankings?grade={grade}",
            "/v1/rankings?epoch={past}&grade={grade}&trade={trade}",
            "/v1/rankings?grade={grade}&after={past}-{shop}&limit=500",
        ],
    ),
    (
        "/v1/receipts",
        &[
            "/v1/receipts?after={receipt}",
            "/v1/receipts?merchant={shop}&limit=50",
            "/v1/receipts?merchant={shop}&after={receipt}",
            "/v1/receipts?customer={customer}&limit=50",
            "/v1/receipts?customer={customer}&after={receipt}",
            "/v1/receipts?epoch={epoch}&limit=500",
            "/v1/receipts?merchant={shop}&epoch={epoch}",
            "/v1/receipts?customer={customer}&epoch={epoch}",
            "/v1/receipts?merchant={shop}&customer={customer}",
        ],
    ),
    ("/v1/receipts/{device}/{seq}/{position}", &["/v1/receipts/{place}"]),
    (
        "/v1/reservations",
        &[
            "/v1/reservations?after={reservation}",
            "/v1/reservations?offer={offer}",
            "/v1/reservations?trader={trader}&after={reservation}",
            "/v1/reservations?offer={offer}&trader={trader}",
        ],
    ),
    (
        "/v1/resolutions",
        &["/v1/resolutions?after={resolution}", "/v1/resolutions?state=open", "/v1/resolutions?state=enacted"],
    ),
    ("/v1/resolutions/{resolution}", &["/v1/resolutions/{resolution}"]),
    (
        "/v1/search",
        &[
            "/v1/search?text={word}",
            "/v1/search?text={word}%20{word}",
            "/v1/search?text={characters}",
            "/v1/search?text={word}&region={region}",
            "/v1/search?text={word}&kind=shop&after={rank}",
            "/v1/search?trade={trade}",
            "/v1/search?region={region}&kind=task",
            "/v1/search?trade={trade}&region={region}&after={rank}",
        ],
    ),
    (
        "/v1/tasks",
        &[
            "/v1/tasks?after={task}",
            "/v1/tasks?open=true&after={task}",
            "/v1/tasks?merchant={shop}",
            "/v1/tasks?merchant=0&open=true",
        ],
    ),
    (
        "/v1/tasks/{task}/fulfilments",
        &["/v1/tasks/{task}/fulfilments", "/v1/tasks/{task}/fulfilments?after={customer}"],
    ),
    ("/v1/texts/{hash}", &["/v1/texts/{conditions}"]),
    (
        "/v1/time-sales",
        &[
            "/v1/time-sales?after={position}",
            "/v1/time-sales?buyer={customer account}",
            "/v1/time-sales?buyer={customer account}&after={position}",
        ],
    ),
    ("/v1/vesting-releases", &["/v1/vesting-releases?after={position}", "/v1/vesting-releases?line=team"]),
    (
        "/v1/voids",
        &[
            "/v1/voids?after={position}",
            "/v1/voids?epoch={epoch}",
            "/v1/voids?merchant={shop}",
            "/v1/voids?merchant={shop}&epoch={epoch}",
            "/v1/voids?merchant={shop}&after={position}",
        ],
    ),
];
