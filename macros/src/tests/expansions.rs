//! One snapshot for each form of each attribute.

use super::{expand, pretty};

/// A form of an attribute: what is written, and a name for its snapshot.
pub(super) struct Form {
    pub(super) name: &'static str,
    pub(super) source: &'static str,
}

macro_rules! forms {
    ($($name:ident: $source:literal)*) => {
        /// All of them, in the order of the document.
        pub(super) const FORMS: &[Form] = &[$(Form { name: stringify!($name), source: $source }),*];
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(stringify!($name), pretty(expand($source)));
            }
        )*
    };
}

forms! {
    handler_command: "#[handler]
async fn open(command: OpenAccount, accounts: &Accounts) -> Result<AccountId> { .. }"

    handler_with_context: "#[handler]
async fn open(command: OpenAccount, store: Arc<dyn Store>, cx: &Context) -> Result<AccountId> { .. }"

    handler_scoped: "#[handler]
async fn open(command: OpenAccount, unit: &dyn UnitOfWork, audit: Option<&dyn Audit>) -> Result<AccountId> { .. }"

    handler_transient: "#[handler]
async fn open(command: OpenAccount, ticket: Ticket, hasher: Box<dyn Hasher>) -> Result<AccountId> { .. }"

    handler_timeout: "#[handler(timeout = \"5s\")]
async fn rates(query: Rates) -> Result<Vec<Rate>> { .. }"

    handler_named_and_all: "#[handler]
async fn copy(command: Copy, #[named(\"primary\")] from: &dyn Store, plugins: All<dyn Plugin>) -> Result<()> { .. }"

    handler_event: "#[handler]
async fn greet(event: &AccountOpened, mailer: &dyn Mailer) -> Result<()> { .. }"

    handler_stream: "#[handler]
fn ticks(query: Ticks, clock: &Clock, cx: &Context) -> impl Stream<Item = Result<Tick>> + Send { .. }"

    handler_stream_transient: "#[handler(timeout = \"1h\", behaviors(Audit))]
fn ticks(query: Ticks, step: Step) -> impl Stream<Item = Result<Tick>> + Send { .. }"

    handler_surrounded: "#[handler(allow(\"teller\", OwnBranch), idempotent, retries = 3, behaviors(audit, Timing))]
async fn close(command: Close, accounts: &Accounts) -> Result<()> { .. }"

    handler_public: "#[handler(public)]
async fn rates(query: Rates) -> Result<Vec<Rate>> { .. }"

    handler_route: "#[handler(route(get, \"/accounts/{id}\"))]
async fn show(query: ShowAccount, accounts: &Accounts) -> Result<Account> { .. }"

    handler_agent: "#[handler(agent(title = \"Close an account\", destructive = true, open_world = false))]
async fn close(command: CloseAccount, accounts: &Accounts) -> Result<()> { .. }"

    handler_topic: "#[handler(topic = \"orders.*.#\", behaviors(audit))]
async fn placed(event: &OrderPlaced, log: &Log) -> Result<()> { .. }"

    controller: "#[controller(\"/accounts\", version = \"v1\", allow(\"teller\"))]
impl AccountsController {
    /// Shows one.
    #[get(\"/{id}\")]
    async fn show(&self, Path(id): Path<u64>, audit: &dyn Audit) -> Result<Json<Account>> { .. }
}"

    controller_streams: "#[controller(\"/ticks\", timeout = \"5s\", layers(Outer))]
impl TicksController {
    #[put]
    #[post(\"/now\", public, timeout = \"1s\", layers(Inner))]
    fn ticks(&self, #[named(\"fast\")] clock: &dyn Clock, Json(from): Json<Tick>) -> Events<impl Stream<Item = Result<Tick>> + Send + use<>> { .. }

    fn helper(&self) -> u8 { 1 }
}"

    behavior_fn: "#[behavior]
async fn audit<M: Message>(message: &M, cx: &Context, next: Next<'_, M>, log: &AuditLog) -> Result<M::Reply> { .. }"

    behavior_struct: "#[behavior]
pub struct Timing { clock: Arc<dyn Clock> }"

    event_set: "#[derive(EventSet)]
pub enum OrderEvent { Placed(OrderPlaced), Paid(Arc<OrderPaid>) }"

    event_topic: "#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = \"orders.{region}.placed\")]
pub struct OrderPlaced { pub region: String }"

    app_surrounded: "partitura::app! { pub Bank { modules: [], behaviors: [Tracing, audit], require: authorization } }"

    handler_generic: "#[handler(for = [User, Order])]
async fn create<T: Row>(command: Create<T>, rows: &Rows<T>) -> Result<T> { .. }"

    handler_renamed_runtime: "#[handler(crate = score)]
async fn ping(command: Ping) -> Result<()> { .. }"

    injectable_plain: "#[injectable]
pub struct Accounts { store: Arc<dyn Store>, clock: Arc<dyn Clock> }"

    injectable_as: "#[injectable(as dyn Store)]
pub struct Disk;"

    injectable_scoped: "#[injectable(scoped)]
pub struct Unit { database: Arc<Database>, ticket: Ticket }"

    injectable_transient: "#[injectable(transient)]
pub struct Ticket { clock: Arc<dyn Clock> }"

    injectable_named: "#[injectable(as dyn Store, named = \"fast\")]
pub struct Memory;"

    injectable_many: "#[injectable(as dyn Plugin, many)]
pub struct First { #[named(\"fast\")] store: Arc<dyn Store> }"

    injectable_init: "#[injectable]
pub struct Cache { #[init(HashMap::with_capacity(64))] map: HashMap<u32, u32>, #[init] hits: AtomicU64, of: PhantomData<u8> }"

    injectable_generic: "#[injectable(for = [User])]
pub struct Rows<T> { database: Arc<Database>, of: PhantomData<T> }"

    injectable_dispose: "#[injectable(dispose = close)]
pub struct Pool { config: Arc<PoolConfig> }"

    provider_sync: "#[provider]
fn clock() -> SystemClock { .. }"

    provider_async: "#[provider]
async fn pool(config: &PoolConfig) -> Result<Pool> { .. }"

    provider_arc: "#[provider(as dyn Store, dispose = close)]
async fn store(pool: &Pool) -> Result<Arc<Disk>> { .. }"

    provider_box: "#[provider]
fn store() -> Box<dyn Store> { .. }"

    provider_transient_box: "#[provider(transient)]
fn hasher() -> Box<dyn Hasher> { .. }"

    config: "#[derive(Deserialize)]
#[config(section = \"db\")]
pub struct DbConfig { url: Secret<String>, #[serde(default)] connections: u32 }"

    command: "/// Opens an account.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct OpenAccount { pub owner: String }"

    command_local: "#[derive(Command)]
#[command(local)]
pub struct Refresh;"

    command_contract: "#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
#[command(contract, reply = AccountId)]
pub struct OpenAccount { pub owner: String }"

    command_named_version: "#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
#[command(name = \"Open\", version = 2)]
pub struct OpenSecond { pub owner: String }"

    query_generic: "#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Find<T> { pub id: u64, of: PhantomData<T> }"

    event: "#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct AccountOpened { pub id: AccountId }"

    event_generic: "#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Created<T> { pub row: T }"

    command_with_rules: "#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
#[validate(with = totals)]
pub struct Order {
    #[validate(required, length(max = 80))]
    pub owner: String,
    #[validate(nested)]
    pub lines: Vec<Line>,
}"

    validate: "#[derive(Validate)]
#[serde(rename_all = \"camelCase\")]
pub struct Line {
    #[validate(when(is_sold, range(min = 1, max = MOST)), message = \"is not for sale\")]
    pub how_many: u32,
    #[validate(pattern(\"[A-Z]{3}\", code = \"article\"))]
    pub article: String,
    #[validate(each(length(min = 1), custom = clean))]
    pub notes: Option<Vec<String>>,
}"

    validate_enum: "#[derive(Validate)]
#[serde(tag = \"kind\", content = \"of\")]
pub enum Payment {
    Card { #[validate(custom = luhn)] number: Option<Number>, #[validate(when(\"self.is_new()\", required, length(max = 9)))] name: String },
    Transfer(#[validate(nested)] Account),
    Cash,
}"

    validate_nothing: "#[derive(Validate)]
#[validate(crate = score)]
pub struct Page<T: Row>(T);"

    problem: "#[derive(Debug, Problem)]
pub enum BankError {
    #[problem(kind = conflict, code = \"bank.no_funds\", message = \"only {left} left\")]
    NoFunds { left: u64 },
    #[problem(kind = not_found)]
    NoAccount,
}"

    orchestrate: "/// Gets ready.
#[orchestrate]
pub mod startup {
    use super::*;

    #[step]
    async fn migrate(db: &Database) -> Result<Migrated> { .. }

    #[step(after = migrate, retries = 3, timeout = \"5s\")]
    fn warm_up(migrated: &Migrated, cache: Arc<Cache>) -> Result<()> { .. }
}"

    orchestrate_everything: "#[orchestrate(input = Order, output = Receipt, limit = 4, exclusive, timeout = \"5m\", undo_within = \"10s\", allow(\"clerk\"), agent)]
pub mod delivery {
    use super::*;
    const MOST: usize = { 3 };

    #[step(when = is_new, compensate = put_back, backoff = \"1s\", retries = 1, on_failure = halt)]
    async fn reserve(order: &Order, shelf: &Shelf, cx: &Context) -> Result<Reserved> { .. }

    fn is_new(order: &Order) -> bool { .. }
    async fn put_back(reserved: &Reserved, #[named(\"main\")] shelf: &Shelf) -> Result<()> { .. }

    #[step]
    use super::letters;

    #[step(before = [letters], on_failure = continue)]
    async fn pack(reserved: Option<&Reserved>, paper: Box<dyn Paper>) -> Result<Packed> { .. }

    #[step]
    async fn send(reserved: Arc<Reserved>, packed: Packed) -> Result<Receipt> { .. }
}"

    orchestrate_at_start: "#[orchestrate(on = start, sequential, name = \"opening\")]
mod startup { #[step] fn open() -> Result<()> { .. } }"

    step_of_a_file: "/// Makes the table.
#[step(retries = 2)]
pub async fn execute(db: &Database) -> Result<()> { .. }"

    folder: "partitura::folder!(pub models = \"src/tests/folder\")"

    folder_orchestrated: "partitura::folder!(pub models = \"src/tests/folder\", orchestrate, strict, exclusive)"

    module_bare: "partitura::module! {}"

    module: "partitura::module! {
    name: \"accounts\",
    imports: [dyn Mailer, scoped dyn UnitOfWork, Option<dyn Audit>],
    exports: [dyn AccountReader],
    handles: [domain::OpenAccount],
    contracts: [Quote],
}"

    app_alone: "partitura::app! { pub Bank { modules: [] } }"

    app: "partitura::app! { pub Bank { modules: [crate, accounts, partitura::mail], fakes: [dyn Mailer], env_prefix: \"BANK\" } }"
}
