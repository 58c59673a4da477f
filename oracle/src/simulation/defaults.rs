//! Every parameter of the simulations: its default, its unit, its range, and
//! the argument for it. `bizkey simulate --list` and
//! `bizkey simulate attack --list` print this page.
//!
//! The accounting unit is the US dollar and its minor unit the cent. What the
//! contracts start with is taken from there; where the whitepaper gives a
//! figure, that is taken; the rest is argued.

use super::parameter::parameters;

parameters! {
    /// What [`Economy`](super::economy::Economy) plays with.
    EconomyParameters {
        /// Shops on the first day. A pilot of one town; the paper names no figure.
        launch_shops: 100, "shops", 1, 100_000_000;
        /// Customers on the first day: 40 a shop, as at the end of the paper's stage 1.
        launch_customers: 4_000, "customers", 1, 8_000_000_000;
        /// Shops at the end of stage 1 (whitepaper 1).
        stage_1_shops: 100_000, "shops", 1, 100_000_000;
        /// Customers at the end of stage 1 (whitepaper 1).
        stage_1_customers: 4_000_000, "customers", 1, 8_000_000_000;
        /// Day at which stage 1 is reached. The paper dates no stage; a year each for the first two. Between stages
        /// shops and customers grow by the same percentage every day.
        stage_1_day: 365, "day", 1, 100_000;
        /// Shops at the end of stage 2 (whitepaper 1).
        stage_2_shops: 500_000, "shops", 1, 100_000_000;
        /// Customers at the end of stage 2 (whitepaper 1).
        stage_2_customers: 10_000_000, "customers", 1, 8_000_000_000;
        /// Day at which stage 2 is reached: a year after stage 1.
        stage_2_day: 730, "day", 1, 100_000;
        /// Shops at the end of stage 3 (whitepaper 1).
        stage_3_shops: 2_000_000, "shops", 1, 100_000_000;
        /// Customers at the end of stage 3 (whitepaper 1).
        stage_3_customers: 100_000_000, "customers", 1, 8_000_000_000;
        /// Day at which stage 3 is reached: two years after stage 2, since customers grow tenfold. Nothing grows after it.
        stage_3_day: 1_460, "day", 1, 100_000;
        /// Shops with a valid receipt on a day, of all. Most shops open six days a week or more: 6.3 of 7.
        shops_open_percent: 90, "percent", 0, 100;
        /// Customers with a valid receipt on a day, of all. Of the monthly users of a well-liked app a fifth comes on a
        /// given day; a wallet used for shopping is taken to be such a one.
        customers_buying_percent: 20, "percent", 0, 100;
        /// How far both shares stray from day to day, up or down, drawn from the seed: weekdays and weather.
        noise_percent: 5, "percent", 0, 50;
        /// Shops that close or leave in a month, of all with a deposit; others take their place. About one retailer
        /// in nine closes in a year, as business registers of large countries show.
        closing_per_mille_month: 10, "per mille", 0, 1_000;
        /// Day at which Bzky is listed, from which the early supporters' 12 months count. Three months let the pilot run first.
        listing_day: 90, "day", 0, 100_000;
        /// How much of what it may take each half-year the foundation takes. All of it is the most that reaches the market.
        foundation_take_percent: 100, "percent", 0, 100;
        /// What the foundation spends of its treasury in a month, which then floats: a tenth leaves it a third of a
        /// year's income at any time, about the paper's 10 % reserve and its running plans.
        foundation_spend_percent_month: 10, "percent", 0, 100;
        /// Bzky that a shop locks for its terminal until stage 1 is reached. The deposit stands for buying the terminal
        /// (whitepaper 3.3.2): a smart till with a printer costs about 150 dollars, which is 15,000 Bzky at one cent.
        deposit_stage_1: 15_000, "Bzky", 0, 1_000_000_000;
        /// The same until stage 2 is reached: the till at a price of 4 cents. The board lowers it as the network grows: two
        /// million shops at 15,000 would have to lock three times all the Bzky that there is.
        deposit_stage_2: 3_750, "Bzky", 0, 1_000_000_000;
        /// The same from stage 2 on: a till of 150 dollars at a price of 20 cents.
        deposit_stage_3: 750, "Bzky", 0, 1_000_000_000;
        /// Most of all floating and locked Bzky that deposits can take: who holds the other half does not sell.
        /// Shops that find none wait, and are counted.
        deposits_most_percent: 50, "percent", 0, 100;
        /// Days from a shop's closing until its deposit is free: a month to have the device back, then the penalty
        /// window of 14 days that `bizkey up` sets.
        release_days: 44, "days", 1, 1_000;
        /// Deposits that are seized in a month because forgery was found, of all. Retailers that payment networks list as
        /// terminated for fraud are of this order.
        seized_per_mille_month: 1, "per mille", 0, 1_000;
        /// Rewards that are claimed as soon as they can be, the day after: wallets and the gateway's relayer do that unasked.
        claimed_at_once_percent: 75, "percent", 0, 100;
        /// Rewards that are claimed late. Under bizpower-2 what a deposit cannot secure opens when the demand period is
        /// over; the rest are wallets that were forgotten for a while. What is left is never claimed and goes back to
        /// its pool when the claims of its epoch expire.
        claimed_late_percent: 22, "percent", 0, 100;
        /// How late: the 32 epochs in which receipts can be demanded, and the 7 in which a shop can open them.
        claimed_late_days: 39, "days", 1, 399;
        /// Price of one Bzky, for sales of Time: one cent, at which all Bzky are worth 100 million dollars. A free price cannot
        /// be foretold; this one stands still.
        bzky_price: 1_000_000, "millionths of a cent", 1, 1_000_000_000_000;
        /// Official price of one Time: one cent, what a point of most loyalty programmes is worth.
        time_price: 1_000_000, "millionths of a cent", 1, 1_000_000_000_000;
        /// By how much Time is cheaper for Bzky: what `redemption` starts with.
        discount_percent: 10, "percent", 0, 50;
        /// How much of the Bzky paid to `redemption` is burned; the rest is the ecosystem pool. What it starts with.
        burn_percent: 50, "percent", 0, 100;
        /// Bzky for creating a task or a privilege: what `redemption` starts with.
        task_fee: 10, "Bzky", 0, 1_000_000;
        /// Tasks and privileges that a shop creates in a month, in thousandths: one of each every two months.
        tasks_per_shop_month: 1_000, "thousandths", 0, 1_000_000;
        /// Time that a shop buys with fiat in a month to give away: 30 cents' worth, little, since receipts earn its
        /// customers Time as well. The daily cap binds long before stage 1.
        time_for_fiat_shop_month: 30, "Time", 0, 1_000_000;
        /// Time that a shop buys with Bzky in a month, at the discount: as much.
        time_for_bzky_shop_month: 30, "Time", 0, 1_000_000;
        /// Most Time sold for fiat in a day: what `redemption` starts with.
        fiat_cap: 100_000, "Time", 0, 10_000_000_000;
        /// Most Time sold for Bzky in a day: what `redemption` starts with.
        bzky_cap: 100_000, "Time", 0, 10_000_000_000;
        /// Days until Time sold for fiat is minted: the chargeback period that `redemption` starts with.
        chargeback_days: 120, "days", 1, 400;
        /// Payments that are charged back, of all. Card networks watch merchants from about nine in a thousand on.
        charged_back_per_mille: 5, "per mille", 0, 1_000;
        /// Time that is spent on privileges in a month, of all there is, and burned. Programmes see about a fifth of a
        /// balance move in a month while points are fresh.
        time_spent_percent_month: 20, "percent", 0, 100;
        /// What Bizkey's own tasks take of the ecosystem pool in a month; it is burned for the Time that they give.
        own_tasks_percent_month: 10, "percent", 0, 100;
    }
}

parameters! {
    /// What [`attack`](super::attack) plays with: the town, the prices, what the
    /// attacker pays, and what the board sets under bizpower-2.
    AttackParameters {
        /// Shops of the made-up town. Many enough that none decides the day, few enough to play in a moment.
        town_shops: 40, "shops", 4, 10_000;
        /// Customers of the made-up town: 50 a shop, of whom about half buy on a day. Where shops have few buyers each
        /// weighs much; real receipts with one sale a shop and day (`--receipts`) are the harder trial.
        town_customers: 2_000, "customers", 10, 1_000_000;
        /// Days that the town lives before the attack, so that there are known customers to return.
        warmup_days: 14, "days", 0, 400;
        /// Days that the attack lasts: a month, for which the share of audited shops is given. Who goes on decides anew
        /// each month, with the same or more at stake.
        attack_days: 30, "days", 1, 400;
        /// Shops of the whole network; 0 for the town's alone. Up to 30,000 a shop earns 100 Bzky a day on average, the
        /// most that it ever can, so the town alone is the attacker's best case.
        network_shops: 0, "shops", 0, 100_000_000;
        /// Customers with receipts in the whole network; 0 for the town's alone, likewise the attacker's best case.
        network_customers: 0, "customers", 0, 4_000_000_000;
        /// Price of one Bzky: one cent, at which all Bzky are worth 100 million dollars. The table says from which price
        /// on an attack would pay.
        bzky_price: 1_000_000, "millionths of a cent", 0, 1_000_000_000_000;
        /// What one Time is worth to the attacker: its official price, one cent, as if it could all be spent.
        time_price: 1_000_000, "millionths of a cent", 0, 1_000_000_000_000;
        /// How often the attack is repeated in a day, or how many take part: sybils, accomplices, invented or split
        /// receipts a day. The attacker is taken to choose the best of the sizes up to this one.
        size: 40, "at most", 1, 10_000;
        /// Whether the board has set its figures from trade that it saw (1), or there was none to see yet (0), as in the
        /// first weeks of a network. Then every trade has the clamp of the opening, and floors are of the capital that
        /// attestors saw before the first sale.
        board_figures: 1, "yes or no", 0, 1;
        /// The clamp that every trade has before the first sale, lo and hi both: 20 dollars, a middling purchase. Which
        /// figure it is matters little, since it is the same for all shops of a trade. With none (0) most attacks pay,
        /// whoever is audited: a buyer of one cent weighs as much as the shop likes.
        opening_clamp: 2_000, "cents", 0, 281_474_976_710_655;
        /// Percentile of customers' daily totals in a trade that the board takes for lo: the median, a buyer's usual day.
        clamp_lo_percentile: 50, "percentile", 1, 99;
        /// Percentile that the board takes for hi: the same, so that what a buyer spends moves no shop's score. Any width
        /// rewards understating: a shop gains the average total over lo, and the Time that its customers lose costs
        /// less where sums are small; with hi at the 75th percentile it paid some shops of this town.
        clamp_hi_percentile: 50, "percentile", 1, 99;
        /// Percentile of capital in a trade that the board takes for the floor: a kiosk that claims next to no rent and
        /// wages scores like a small shop, and three in four honest shops never feel it.
        capital_floor_percentile: 25, "percentile", 0, 99;
        /// How much of a customer's cash and external payments counts for Time in a day: 20 dollars, about a meal and
        /// some groceries. Cash costs a forger nothing, so it must not carry large amounts.
        cash_cap: 2_000, "cents", 0, 281_474_976_710_655;
        /// A shop's deposit: the price of a smart till with a printer, about 150 dollars, at one cent a Bzky. A forger who
        /// is found loses all of it: a failed opening takes its penalty at once, the board seizes the rest. It is what a
        /// shop with no honest trade has to lose, so when Bzky gets dearer it must not be lowered by more than a new stage
        /// allows.
        deposit: 15_000, "Bzky", 0, 1_000_000_000;
        /// How many ticketed receipts are demanded by somebody, drawn at random: one in 50, half a demand a day at a shop
        /// with 25 tickets. Bonds of 10 Bzky come to a twentieth of what such a shop earns, and it gets them itself. An
        /// invented receipt then risks 200 Bzky of the deposit, twice of what a shop earns in a day.
        demand_ppm: 20_000, "millionths", 0, 1_000_000;
        /// How many of all shops are audited in a month, drawn by lot, which nobody can foresee. It is what stands against
        /// plans that the persona's rules do not see, such as three people who come daily or forty who come on six of
        /// fourteen days. Three in ten: each shop about every third month, for an hour of its own and half an hour of an
        /// attestor's, say 10 dollars: 3 dollars a shop and month, where the average shop earns 30 at launch. With a fifth
        /// a shop that opens with a dozen bought identities, just too many for a small shop, would gain 13 dollars in one
        /// made-up town of twelve at stage 1; in stage 3 a twentieth is enough.
        audited_percent_month: 30, "percent", 0, 100;
        /// How many of the small shops are: a forged buyer weighs more beside few true ones, and who has little honest
        /// trade has little to lose but the deposit. On real receipts with two sales a shop and day, three accomplices who
        /// come daily, whom no rule sees, pay a shop that is audited at half this rate. In the opening every shop is
        /// audited like that (`--stage start`): the rules see no ring that was there from the beginning.
        audited_percent_month_small: 70, "percent", 0, 100;
        /// A shop with fewer buyers a day, on average over the month, forged ones among them, is small. Four who come daily
        /// are seen by the rules; whoever shares the visits among more must win a dozen people to leave the small shops.
        small_shop_buyers_day: 5, "buyers", 0, 1_000_000;
        /// Receipts that an audit draws by lot and compares with the till, the stock and the payments: two days' at a shop
        /// with 25 buyers, an hour's work. A shop that the rules suspect is audited as well; then they are drawn from
        /// what is suspected.
        audited_receipts: 50, "receipts", 0, 10_000;
        /// How likely a forged receipt that was drawn is recognised: one in five. The forger rings it up and the
        /// accomplice confirms it, so that only goods that never left or money that never came give it away. Where one
        /// receipt in four is forged, an audit still misses the shop only once in thirteen times.
        recognised_percent: 20, "percent", 0, 100;
        /// Days of future income that a shop or customer loses when found and removed: a year, though the pools last
        /// nearly three at the cap.
        future_days: 365, "days", 0, 1_000;
        /// Price of a stranger's checked identity: 30 dollars, what buyers paid for iris-checked World IDs in 2023. Accounts
        /// checked by papers, as Bizkey's are by card and identity card, cost 150 and more at that time; bare papers 8.
        identity_cost: 3_000, "cents", 0, 1_000_000_000;
        /// Accomplices that cost nothing: staff and household, taken to use Bizkey for nothing else, so that they lose
        /// nothing when they are found.
        free_accomplices: 4, "people", 0, 10_000;
        /// What every further accomplice asks for a day of lending wallet and name: a dollar.
        accomplice_day: 100, "cents", 0, 1_000_000;
        /// Fee of card and wallet rails, of the amount: two percent, as small shops pay.
        rail_fee_ppm: 20_000, "millionths", 0, 1_000_000;
        /// What recording one receipt costs, the relayer's fee included: 26 bytes of a chain at about 4 dollars a megabyte.
        receipt_fee: 10_000, "millionths of a cent", 0, 1_000_000_000;
        /// What it costs to make and run one wallet for a month beside its identity: a telephone number.
        wallet_month: 100, "cents", 0, 1_000_000;
        /// Yearly rate for capital that is locked or lent: what lenders of liquid tokens take.
        rate_percent_year: 15, "percent", 0, 1_000;
        /// Bzky that the holdings' attacker rents, as a multiple of all that the town's shops hold.
        rented_multiple: 1, "times", 1, 1_000;
        /// Hours of each day for which they are rented. Lenders by the block exist; an hour is long.
        rented_hours: 1, "hours", 1, 23;
        /// How many days after it was signed a ticket can still be recorded and opened: as many as the contract lets it
        /// hold at most, since a shop that records late asks its customers for such tickets.
        ticket_days: 7, "days", 0, 7;
    }
}
