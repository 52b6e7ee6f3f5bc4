// A library of sheet music, with one of everything that a document of routes has to say. Included, since `app!` stands at the
// root of a crate: by the test, and by the example that a browser looks at.

partitura::app! { pub Library { modules: [] } }

/// What a score is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Instrument {
    Piano,
    Violin,
    Cello,
    Voice,
}

/// A movement, and the movements in it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Movement {
    /// As it is printed above the first bar.
    pub title: String,
    /// Beats per minute.
    #[serde(default)]
    pub tempo: Option<u16>,
    #[serde(default)]
    pub parts: Vec<Movement>,
}

/// A score on the shelf.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    pub id: u64,
    pub title: String,
    pub composer: String,
    pub year: Option<i32>,
    pub instruments: Vec<Instrument>,
    pub movements: Vec<Movement>,
}

/// Puts a score on the shelf.
///
/// The title and the composer are what it is found by later. A score can have *movements*, and those can have movements of
/// their own:
///
/// - each has a title,
/// - and a `tempo`, if it has one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct AddScore {
    /// As it is printed on the cover.
    #[validate(required, length(max = 120))]
    #[schemars(example = "Goldberg Variations")]
    pub title: String,
    /// Who wrote it.
    #[validate(required)]
    #[schemars(example = "Johann Sebastian Bach")]
    pub composer: String,
    /// When it was first printed.
    #[serde(default)]
    #[validate(range(min = 1400, max = 2100))]
    #[schemars(example = 1741)]
    pub year: Option<i32>,
    /// What it is written for.
    #[serde(default)]
    pub instruments: Vec<Instrument>,
    #[serde(default)]
    pub movements: Vec<Movement>,
    /// Whom to ask about it.
    #[serde(default)]
    #[validate(email)]
    pub contact: Option<String>,
}

/// Shows one score.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct ShowScore {
    /// The number on its back.
    #[schemars(example = 1)]
    pub id: u64,
}

/// Lists scores, a page at a time.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct ListScores {
    /// Only those of this composer.
    #[serde(default)]
    pub composer: Option<String>,
    /// Only those for all of these.
    #[serde(default)]
    pub instrument: Vec<Instrument>,
    /// How many on a page.
    #[serde(default = "ten")]
    #[validate(range(min = 1, max = 100))]
    pub limit: usize,
    /// Where the page begins: `next` of the one before.
    #[serde(default)]
    pub cursor: usize,
}

fn ten() -> usize {
    10
}

/// Gives a score another title.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct RenameScore {
    pub id: u64,
    /// The version that was seen.
    pub seen: u64,
    #[validate(required)]
    pub title: String,
}

/// Takes a score off the shelf.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct RemoveScore {
    #[schemars(example = 1)]
    pub id: u64,
    /// Why, for the books.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Puts a picture on the cover.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct AttachCover {
    pub id: u64,
    /// The picture.
    pub picture: File,
    /// What is on it, for those who do not see it.
    #[serde(default)]
    pub alternative: Option<String>,
}

/// Lends a score, as soon as somebody is at the desk.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct LendScore {
    pub id: u64,
    /// Who takes it home.
    pub to: String,
}

/// Counts the beats of a bar, as they come.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Beats {
    /// How many.
    #[schemars(example = 4)]
    pub bars: u32,
    /// Milliseconds between two.
    #[serde(default)]
    pub wait: u64,
}

/// One beat.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Beat {
    pub number: u32,
    pub strong: bool,
}

/// Reads a file of the archive.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct ReadFile {
    /// With all its folders.
    pub path: String,
}

/// <script>document.title = "pwned"</script> <img src=x onerror="document.title='pwned'"> is not what this does.
///
/// It says <b>again</b> what it was told, `<script>alert(1)</script>` or not, [a link](javascript:alert(1)).
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Echo {
    /// Anything <script>document.title = "pwned"</script>
    #[serde(default)]
    #[schemars(example = "<img src=x onerror=\"document.title='pwned'\">")]
    pub text: String,
}

/// A score or nothing, by one of two marks.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum FindScore {
    /// By the number on its back.
    Number { number: u64 },
    /// By its title.
    Title { title: String },
}

#[injectable]
pub struct Shelf {
    #[init(Mutex::new(vec![(1, first())]))]
    all: Mutex<Vec<(u64, Score)>>,
}

fn first() -> Score {
    let movement = |title: &str| Movement { title: title.into(), tempo: None, parts: Vec::new() };
    Score {
        id: 1,
        title: "Sonata in A".into(),
        composer: "César Franck".into(),
        year: Some(1886),
        instruments: vec![Instrument::Violin, Instrument::Piano],
        movements: vec![movement("Allegretto ben moderato"), movement("Allegro")],
    }
}

impl Shelf {
    fn find(&self, id: u64) -> Result<(u64, Score)> {
        let all = self.all.lock().unwrap();
        all.iter().find(|(_, score)| score.id == id).cloned().ok_or_else(|| Error::not_found(format!("no score {id}")))
    }
}

#[handler(route(post, "/scores", created = "/scores/{id}"))]
pub async fn add(command: AddScore, shelf: &Shelf) -> Result<Score> {
    let AddScore { title, composer, year, instruments, movements, .. } = command;
    let mut all = shelf.all.lock().unwrap();
    let score = Score { id: all.len() as u64 + 1, title, composer, year, instruments, movements };
    all.push((1, score.clone()));
    Ok(score)
}

#[handler(route(get, "/scores/{id}"), public)]
pub async fn show(query: ShowScore, shelf: &Shelf) -> Result<Versioned<Score>> {
    shelf.find(query.id).map(|(version, score)| Versioned::new(version, score))
}

#[handler(route(get, "/scores"), public)]
pub async fn list(query: ListScores, shelf: &Shelf) -> Result<Page<Score>> {
    let all = shelf.all.lock().unwrap();
    let fits = |score: &&Score| {
        query.composer.as_ref().is_none_or(|own| *own == score.composer)
            && query.instrument.iter().all(|own| score.instruments.contains(own))
    };
    let found: Vec<Score> = all.iter().map(|(_, score)| score).filter(fits).cloned().collect();
    let total = found.len();
    let page: Vec<Score> = found.into_iter().skip(query.cursor).take(query.limit).collect();
    let next = query.cursor + page.len();
    Ok(if next < total { Page::before(page, next) } else { Page::last(page) }.of(total as u64))
}

#[handler(route(put, "/scores/{id}/title", if_match = "seen"))]
pub async fn rename(command: RenameScore, shelf: &Shelf) -> Result<Versioned<Score>> {
    let mut all = shelf.all.lock().unwrap();
    let found = all.iter_mut().find(|(_, score)| score.id == command.id);
    let (version, score) = found.ok_or_else(|| Error::not_found("no such score"))?;
    partitura::reply::unchanged(*version, command.seen)?;
    *version += 1;
    score.title = command.title;
    Ok(Versioned::new(*version, score.clone()))
}

#[handler(route(delete, "/scores/{id}"), allow("librarian", "director"))]
pub async fn remove(command: RemoveScore, shelf: &Shelf) -> Result<()> {
    shelf.all.lock().unwrap().retain(|(_, score)| score.id != command.id);
    Ok(())
}

#[handler(route(post, "/scores/{id}/cover"))]
pub async fn cover(command: AttachCover, shelf: &Shelf) -> Result<usize> {
    shelf.find(command.id)?;
    Ok(command.picture.content.len())
}

#[handler(route(post, "/scores/{id}/loans", accepted), allow("reader"))]
pub async fn lend(command: LendScore, shelf: &Shelf) -> Result<()> {
    shelf.find(command.id).map(drop)
}

#[handler(route(get, "/beats/{bars}"))]
pub fn beats(query: Beats, cx: &Context) -> impl Stream<Item = Result<Beat>> + Send {
    let (env, wait) = (cx.env().clone(), std::time::Duration::from_millis(query.wait));
    futures_util::stream::iter(1..=query.bars * 4).then(move |number| {
        let env = env.clone();
        async move {
            env.sleep(wait).await;
            Ok(Beat { number, strong: number % 4 == 1 })
        }
    })
}

#[handler(route(get, "/archive/{*path}"))]
pub async fn read_file(query: ReadFile) -> Result<String> {
    Ok(query.path)
}

#[handler(route(get, "/echo"), route(post, "/echo"))]
pub async fn echo(query: Echo) -> Result<String> {
    Ok(query.text)
}

#[handler(route(any, "/find"))]
pub async fn find(command: FindScore, shelf: &Shelf) -> Result<Option<Score>> {
    let all = shelf.all.lock().unwrap();
    let is = |score: &Score| match &command {
        FindScore::Number { number } => score.id == *number,
        FindScore::Title { title } => score.title == *title,
    };
    Ok(all.iter().map(|(_, score)| score).find(|score| is(score)).cloned())
}
