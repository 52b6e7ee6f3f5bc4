//! Every attribute, in every form.

use std::borrow::Cow;
use std::fmt::Debug;
use std::marker::PhantomData;

use partitura::prelude::{
    All, Arc, Command, Context, Deserialize, Error, Event, EventSet, JsonSchema, Problem, Query, Result, Serialize,
    Validate, config, handler, injectable, provider,
};
use partitura::validate::Report;

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// The hour.
    fn hour(&self) -> u32;
}

/// Nobody has it.
pub trait Absent: Send + Sync {}

/// A unit of work.
#[derive(Debug)]
pub struct Tx(pub u32);

/// Keeps lines.
pub trait Store: Debug + Send + Sync {
    /// One.
    fn line(&self) -> String;
}

/// Adds itself to a list.
pub trait Plugin: Debug + Send + Sync {
    /// Its number.
    fn number(&self) -> u32;
}

/// A section.
#[derive(Debug, Deserialize)]
#[config(section = "disk")]
pub struct DiskConfig {
    #[serde(default)]
    path: String,
    #[serde(default)]
    size: Option<u32>,
}

/// A disk.
#[injectable(as dyn Store)]
#[derive(Debug)]
pub struct Disk {
    config: Arc<DiskConfig>,
    clock: Arc<dyn Clock>,
    #[named("spare")]
    spare: Arc<dyn Store>,
    #[init(3)]
    tries: u32,
}

impl Store for Disk {
    fn line(&self) -> String {
        format!(
            "{}{:?} at {} x{} then {}",
            self.config.path,
            self.config.size,
            self.clock.hour(),
            self.tries,
            self.spare.line()
        )
    }
}

/// Another.
#[derive(Debug)]
pub struct Tape {
    reel: u32,
}

impl Store for Tape {
    fn line(&self) -> String {
        format!("tape {}", self.reel)
    }
}

/// Opened once, closed at the end.
///
/// # Errors
/// Never.
#[provider(as dyn Store, named = "spare", dispose = close)]
pub async fn open() -> Result<Tape> {
    std::future::ready(()).await;
    Ok(Tape { reel: 7 })
}

async fn close(tape: &Tape) -> Result<()> {
    std::future::ready(()).await;
    assert_eq!(tape.reel, 7);
    Ok(())
}

/// First.
#[injectable(as dyn Plugin, many)]
#[derive(Debug)]
pub struct One;

impl Plugin for One {
    fn number(&self) -> u32 {
        1
    }
}

/// Second.
#[provider(as dyn Plugin, many)]
fn two() -> Arc<One> {
    Arc::new(One)
}

/// One for each message.
#[injectable(scoped)]
#[derive(Debug)]
pub struct Unit {
    tx: Arc<Tx>,
}

/// One for each use.
#[injectable(transient)]
#[derive(Debug)]
pub struct Ticket {
    #[init]
    number: u32,
}

/// A table of one kind.
#[injectable(for = [u8, (u8, String)])]
#[derive(Debug)]
pub struct Rows<T> {
    of: PhantomData<T>,
}

/// Everything at once.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
#[command(version = 2)]
pub struct Everything {
    /// How much.
    pub amount: u32,
}

/// What can go wrong.
#[derive(Debug, Problem)]
pub enum Trouble {
    /// With a number.
    #[problem(kind = conflict, message = "{0} is taken")]
    Taken(u32),
    /// With a name.
    #[problem(kind = not_found, code = "strict.unknown", message = "no `{name}`")]
    Unknown {
        /// Which.
        name: String,
    },
    /// With nothing.
    #[problem(kind = gone)]
    Gone,
}

/// Every rule.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
#[query(local)]
#[validate(with = whole)]
#[validate(when(is_named, with(answered, message = "is wrong")))]
pub struct Ruled {
    /// Its name.
    #[validate(required, length(min = 1, max = MOST), pattern("[a-z]+", code = "name"))]
    pub name: String,
    /// How many.
    #[validate(when(is_named, range(min = 1, below = 10)), message = "is too many")]
    #[validate(custom = Self::is_odd)]
    pub many: Option<u8>,
    /// Where.
    #[validate(when("self.many.is_some()", required), email)]
    pub mail: Option<String>,
    /// The parts.
    #[validate(nested, each(nested))]
    pub parts: Vec<Part>,
}

const MOST: usize = 80;

const fn is_named(ruled: &Ruled) -> bool {
    !ruled.name.is_empty()
}

const fn answered(ruled: &Ruled) -> Result<(), &'static str> {
    if ruled.parts.is_empty() { Err("has no parts") } else { Ok(()) }
}

fn whole(ruled: &Ruled, report: &mut Report<'_>) {
    if ruled.parts.len() > 7 {
        report.at("parts").fail("many", "are too many");
    }
}

impl Ruled {
    #[allow(clippy::trivially_copy_pass_by_ref)]
    const fn is_odd(many: &u8) -> Result<(), &'static str> {
        if *many % 2 == 1 { Ok(()) } else { Err("is even") }
    }
}

/// A part.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// With a site.
    WithSite {
        /// Where it is.
        #[validate(required, url)]
        site: String,
        /// More of it.
        #[validate(each(each(required)))]
        #[deprecated]
        more: Vec<Vec<String>>,
    },
    /// Of another one.
    Of(#[validate(required, nested)] Option<Box<Self>>),
    /// Nothing.
    Nothing,
}

/// No rules.
#[derive(Debug, Validate)]
pub struct Free;

#[handler]
async fn ruled(query: Ruled) -> Result<usize> {
    Ok(query.name.len())
}

/// Handled in another crate, or here.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
#[query(contract, reply = u64)]
pub struct Elsewhere {}

/// It happened once upon a time.
#[deprecated]
#[derive(Debug, Clone, Event)]
#[event(local, topic = "once.{upon}")]
pub struct Once {
    /// Who was there.
    #[validate(required)]
    pub upon: String,
    /// Nothing reads a local message.
    pub text: &'static str,
}

/// What happened once.
#[allow(deprecated)]
#[derive(Debug, EventSet)]
pub enum Tale {
    /// Upon a time.
    Once(Once),
}

/// A part that nobody makes any more.
#[deprecated(note = "take `Part`")]
#[derive(Debug, Validate)]
pub struct Piece {
    /// Which.
    #[validate(length(min = 1))]
    pub name: String,
}

/// An error that nobody makes any more.
#[deprecated]
#[derive(Debug, Problem)]
pub enum Lost {
    /// There is none.
    #[problem(kind = gone, message = "{0} is gone")]
    Gone(u8),
}

/// Asks for it all the same.
#[expect(deprecated)]
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
#[query(contract, reply = u64)]
pub struct Tell {
    /// What serde does not read is owned by whoever made it.
    #[serde(skip)]
    #[schemars(skip)]
    pub once: Option<Once>,
    /// Never read either.
    #[serde(skip)]
    pub text: &'static str,
    /// Owned, when it comes from an input.
    pub title: Cow<'static, str>,
}

/// It happened.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Happened {
    /// To which.
    pub amount: u32,
}

/// Takes what there is.
///
/// # Errors
/// When the amount is 13.
#[handler(timeout = "5s")]
#[allow(clippy::too_many_arguments)]
pub async fn everything(
    command: Everything,
    store: &dyn Store,
    #[named("spare")] spare: Arc<dyn Store>,
    plugins: All<dyn Plugin>,
    unit: &Unit,
    ticket: Ticket,
    rows: &Rows<u8>,
    absent: Option<&dyn Absent>,
    kept: Option<Arc<Rows<(u8, String)>>>,
    cx: &Context,
) -> Result<String> {
    if command.amount == 13 {
        return Err(Trouble::Taken(13).into());
    }
    cx.emit(Happened { amount: command.amount }).await?;
    let inside = cx.send(Ask {}).await?;
    let elsewhere = cx.send(Elsewhere {}).await?;
    let plugins: Vec<u32> = plugins.iter().map(Plugin::number).collect();
    Ok(format!(
        "{} | {} | {plugins:?} | {} | {} | {rows:?} | {} | {} | {inside} | {elsewhere}",
        store.line(),
        spare.line(),
        unit.tx.0,
        ticket.number,
        absent.is_some(),
        kept.is_some(),
    ))
}

/// Asks.
#[derive(Debug, Query)]
#[query(local, name = "AskInside")]
pub struct Ask {}

#[handler]
async fn ask(_query: Ask) -> Result<u32, Error> {
    Ok(4)
}

#[handler]
async fn elsewhere(_query: Elsewhere, clock: &dyn Clock) -> Result<u64, Trouble> {
    match clock.hour() {
        0 => Err(Trouble::Gone),
        1 => Err(Trouble::Unknown { name: "one".to_owned() }),
        hour => Ok(hour.into()),
    }
}

#[handler]
async fn on_happened(event: &Happened, unit: &Unit) -> Result<()> {
    assert!(event.amount > 0 && unit.tx.0 > 0);
    Ok(())
}

/// Makes a row.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Make<T> {
    /// The row.
    pub row: T,
}

#[handler(for = [u8, String])]
async fn make<T: Debug + Send + Sync + 'static>(command: Make<T>) -> Result<String> {
    Ok(format!("{:?}", command.row))
}

/// What a plan is given.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Wish {
    /// For whom.
    pub owner: String,
}

/// Grants a wish.
#[partitura::orchestrate(input = Wish, exclusive, undo_within = "1s")]
pub mod grant {
    use super::{Arc, Clock, Context, Result, Wish};

    /// What was looked up.
    #[derive(Debug)]
    pub struct Found(u32);

    /// Looks it up.
    ///
    /// # Errors
    /// Never.
    #[step(retries = 2, timeout = "1s", compensate = forget, when = wanted)]
    pub async fn find(wish: &Wish, clock: &dyn Clock, cx: &Context) -> Result<Found> {
        let _ = wish;
        Ok(Found(clock.hour() + cx.depth()))
    }

    fn forget(wish: &Wish, clock: Arc<dyn Clock>) -> Result<()> {
        let _ = (wish, clock.hour());
        drop(clock);
        Ok(())
    }

    const fn wanted(wish: &Wish) -> bool {
        !wish.owner.is_empty()
    }

    #[step]
    fn take(found: Found) -> Result<()> {
        let _ = found.0;
        Ok(())
    }
}
