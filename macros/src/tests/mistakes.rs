//! Broken input: all mistakes are told at once, and the user's item is still there.

use proc_macro2::{TokenStream, TokenTree};

use super::{expand, pretty};

/// The texts of the errors, and what is left beside them.
fn told(source: &str) -> String {
    let tokens: Vec<TokenTree> = expand(source).into_iter().collect();
    let (mut errors, mut rest) = (String::new(), TokenStream::new());
    let mut at = 0;
    while at < tokens.len() {
        match error(&tokens[at..]) {
            Some(text) => {
                errors.push_str(&format!("error: {text}\n"));
                // `::core::compile_error!{ .. }`
                at += 8;
            }
            None => {
                rest.extend([tokens[at].clone()]);
                at += 1;
            }
        }
    }
    let rest = pretty(rest);
    // What the macro writes beside the item is in the other snapshots; a half-typed body is not laid out.
    let item = rest.split("#[doc(hidden)]").next().and_then(|rest| rest.split("# [doc (hidden)]").next());
    let item = item.unwrap_or_default();
    format!("{source}\n\n{errors}\n{item}")
}

fn error(tokens: &[TokenTree]) -> Option<String> {
    let is_error = tokens.len() >= 8 && tokens[5].to_string() == "compile_error" && tokens[2].to_string() == "core";
    match tokens.get(7) {
        Some(TokenTree::Group(group)) if is_error => {
            let literal: syn::LitStr = syn::parse2(group.stream()).ok()?;
            Some(literal.value())
        }
        _ => None,
    }
}

macro_rules! mistakes {
    ($($name:ident: $source:literal)*) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(concat!("mistakes_", stringify!($name)), told($source));
            }
        )*
    };
}

mistakes! {
    controller: "#[controller(\"accounts\", timeout = 5, layers())]
impl AccountsController {
    #[get(\"{id}\", allow(Owner))]
    async fn show<T>(id: &Json<u64>) -> String { .. }

    pub async fn other(&self) -> String { .. }
}"

    controller_on_a_fn: "#[controller]
async fn show() -> String { .. }"

    controller_half_typed: "#[controller(\"/accounts\")]
impl AccountsController {
    #[get]
    async fn list(&self) -> String { self. }

    #[get(\"/x\")]
    async fn show(&self, id: ) -> String { .. }
}"

    handler_stream: "#[handler(retries = 3)]
async fn ticks(query: Ticks) -> impl Stream<Item = u64> { .. }"

    handler_agent: "#[handler(agent(titel = \"x\", destructive = 1, open_world, title = \" \"))]
async fn open(command: Open) -> Result<()> { Ok(()) }"

    handler_agent_value: "#[handler(agent = true, destructive = false)]
async fn open(command: Open) -> Result<()> { Ok(()) }"

    handler_agent_event: "#[handler(agent)]
async fn opened(event: &Opened) -> Result<()> { Ok(()) }"

    handler_keys: "#[handler(timout = \"5s\", timeout = 5, scoped, for = [A], for)]
async fn open(command: Open) -> Result<()> { Ok(()) }"

    handler_signature: "#[handler]
unsafe fn open<'a>(&self, (a, b): Pair, text: String, store: &mut Store, any: impl Store)"

    handler_no_message: "#[handler]
async fn open() -> Result<()> { Ok(()) }"

    handler_half_typed_body: "#[handler]
async fn open(command: Open, store: &dyn Store) -> Result<()> { let x = store. }"

    handler_half_typed_header: "#[handler]
async fn open(command: Open, store: ) -> Result<()> { Ok(()) }"

    handler_generic: "#[handler]
async fn create<T>(command: Create<T>, keep: &Arc<Store>) -> Result<T> { .. }"

    injectable_keys: "#[injectable(scoped, transient, named = \"no such name\", as Store, dispose)]
pub struct Disk { path: &Path, count: u32 }"

    injectable_fields: "#[injectable]
pub struct Disk<'a> { path: PathBuf, store: &'a dyn Store, #[named] other: Arc<dyn Store>, #[init = 3] tries: u32 }"

    injectable_on_a_fn: "#[injectable]
fn clock() -> Clock { Clock }"

    injectable_on_an_enum: "#[injectable]
pub enum Clock { Real, Fake }"

    provider_without_return: "#[provider(many, scoped)]
fn clock(self, config: &Arc<Config>) { }"

    config_without_section: "#[config]
pub struct DbConfig<T> { url: T }"

    config_of_a_wrong_name: "#[config(section = \"Db Config\")]
pub struct DbConfig { url: String }"

    command_keys: "#[derive(Command)]
#[command(nam = \"Open\", version = 0, name = \"a.b\", contract, local, local)]
pub struct Open<'a> { owner: &'a str }"

    command_reply_without_contract: "#[derive(Command)]
#[command(reply = AccountId)]
pub struct Open { owner: String }"

    event_keys: "#[derive(Event)]
#[event(contract, reply = u32, timeout = \"5s\")]
pub struct Opened;"

    message_union: "#[derive(Query)]
pub union Both { a: u32, b: f32 }"

    validate_rules: "#[derive(Command)]
#[validate]
pub struct Open {
    #[validate(lenght(max = 3), email, email, pattern(\"(\"), length(min = 2, max = 1), with = x, range(1))]
    owner: String,
    #[serde(skip)]
    #[validate(required(mesage = \"no\"), custom = 3, each(), when(\"(\", email), when(path), when = path)]
    note: String,
}"

    problem_kinds: "#[derive(Debug, Problem)]
pub enum BankError {
    #[problem(kind = conflikt)]
    Taken,
    #[problem(code = \"bank.gone\", message = \"\")]
    Gone,
    #[problem(kind = gone, kind = gone, colour = red)]
    Twice,
}"

    orchestrate_keys: "#[orchestrate(on = begin, limit = 0, sequental)]
mod startup { #[step(after = nobody, retrys = 3, on_failure = stop)] async fn open() -> Result<()> { Ok(()) } }"

    orchestrate_signatures: "#[orchestrate(input = Order)]
mod startup {
    use super::*;
    #[step] unsafe fn a<T>(self, order: Order, count: u32) { }
    #[step] #[step] async fn b() -> u32 { 1 }
    #[step(when = c, compensate = b)] async fn d(order: Order) -> Result<Order> { x. }
    fn c() -> u8 { 1 }
    #[step] struct E;
}"

    orchestrate_half_typed: "#[orchestrate]
mod startup { #[step] async fn open(db: ) -> Result<()> { Ok(()) } fn other() {} }"

    orchestrate_cycle: "#[orchestrate]
mod startup {
    #[step(after = b)] async fn a() -> Result<()> { Ok(()) }
    #[step(after = a)] async fn b() -> Result<()> { Ok(()) }
}"

    orchestrate_on_a_fn: "#[orchestrate]
async fn startup() -> Result<()> { Ok(()) }"

    step_elsewhere: "#[step(after = a)]
async fn open(made: Made) { }"

    folder_form: "partitura::folder!(\"src/models\")"

    folder_keys: "partitura::folder!(pub models = \"/src/models\", orchestrated, exclusive)"

    module_keys: "partitura::module! { nam: \"accounts\", imports: [&dyn Mailer, Arc<dyn Clock>], exports: [A, A], exports: [B], handles: Open }"

    module_not_a_list: "partitura::module! { \"accounts\" }"

    app_keys: "partitura::app! { pub Bank { module: [accounts], modules: [a, a], env_prefix: \"bank\", fakes: dyn Mailer } }"

    app_without_modules: "partitura::app! { pub Bank { } }"

    app_without_a_name: "partitura::app! { modules: [accounts] }"
}

#[test]
fn controller_without_http() {
    let item = "impl Desk { #[get(\"/{id}\")] async fn show(&self) -> String { .. } }".parse().expect("tokens");
    insta::assert_snapshot!("mistakes_controller_without_http", pretty(crate::controller::unavailable(&item)));
}
