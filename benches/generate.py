"""Writes programs of any size: handlers, each with a message of its own, in one crate or spread over ten.

Each is written twice: `partitura` with the attributes, and `hand` with the same messages, the same derives, the same
bodies and a registration table as somebody would write it without a framework.
"""

import json
import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parent.parent
CRATES = 10
# In one file there are at most so many handlers: nobody writes files of 20,000 lines.
PER_FILE = 50

MESSAGE = """
/// Opens number {i}.
#[derive({derives})]
pub struct Open{i} {{
    /// Who owns it.
    pub owner: String,
    /// How much is in it.
    pub amount: u64,
}}
"""

BODY = """{{
    let next = {call}.next(command.amount).await?;
    Ok(next + command.owner.len() as u64 + {edit})
}}
"""

HANDLER = """
#[handler]
pub async fn open{i}({parameters}) -> Result<u64> """

BY_HAND = """
pub async fn open{i}({parameters}) -> Result<u64> """

SHARED = """
use std::pin::Pin;
use std::future::Future;

pub trait Store: Send + Sync {
    fn next(&self, amount: u64) -> Pin<Box<dyn Future<Output = Result<u64, Error>> + Send + '_>>;
}
"""

DISK = """
pub struct Disk;
impl Store for Disk {
    fn next(&self, amount: u64) -> std::pin::Pin<Box<dyn Future<Output = Result<u64>> + Send + '_>> {
        Box::pin(std::future::ready(Ok(amount + 1)))
    }
}
"""

# What a careful person writes once: an entry of the table, made by one generic fn, so that each line stays short.
BY_HAND_SHARED = """
pub type Error = Box<dyn std::error::Error + Send + Sync>;
pub type Result<T, E = Error> = std::result::Result<T, E>;
pub type Answer<'c, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'c>>;

pub struct Entry<C> {
    pub name: &'static str,
    pub docs: &'static str,
    pub call: Box<dyn for<'c> Fn(&'c C, serde_json::Value) -> Answer<'c, serde_json::Value> + Send + Sync>,
    pub schema: fn() -> schemars::Schema,
    pub reply_schema: fn() -> schemars::Schema,
}

fn schema_of<T: schemars::JsonSchema>() -> schemars::Schema {
    schemars::SchemaGenerator::default().into_root_schema_for::<T>()
}

pub fn entry<C, M, R>(
    name: &'static str,
    docs: &'static str,
    call: impl for<'c> Fn(&'c C, M) -> Answer<'c, R> + Send + Sync + 'static,
) -> Entry<C>
where
    C: Sync,
    M: serde::de::DeserializeOwned + schemars::JsonSchema + Send + 'static,
    R: serde::Serialize + schemars::JsonSchema + 'static,
{
    Entry {
        name,
        docs,
        call: Box::new(move |services, input| match serde_json::from_value(input) {
            Ok(message) => {
                let work = call(services, message);
                Box::pin(async move { Ok(serde_json::to_value(work.await?)?) })
            }
            Err(error) => Box::pin(std::future::ready(Err(error.into()))),
        }),
        schema: schema_of::<M>,
        reply_schema: schema_of::<R>,
    }
}
"""

MAIN = """
fn main() {
    let runtime = match std::env::args().nth(1).as_deref() {
        Some("many") => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
        _ => tokio::runtime::Builder::new_current_thread().enable_all().build(),
    };
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        let app = Bank::builder().build().await.expect("wired");
        // What is measured ends here; the process stays until its input is closed, so that its memory can be read.
        println!("ready");
        let _ = std::io::Read::read(&mut std::io::stdin(), &mut [0]);
        drop(app);
    });
}
"""


class Program:
    """One program on the disk, and how it is edited."""

    def __init__(self, folder, style, crates, handlers, singletons=2):
        self.style, self.crates, self.handlers, self.singletons = style, crates, handlers, singletons
        self.name = f"{style}_{'one' if crates == 1 else 'ten'}_{handlers}"
        self.folder = pathlib.Path(folder) / self.name
        self.edited = 0
        self.short = False

    def modules(self):
        """The names of the packages that hold handlers."""
        return [self.name] if self.crates == 1 else [f"{self.name}_m{k}" for k in range(self.crates)]

    def packages(self):
        """All packages, the composition root last."""
        return [self.name] if self.crates == 1 else [f"{self.name}_shared", *self.modules(), self.name]

    def write(self):
        if self.folder.exists():
            shutil.rmtree(self.folder)
        per_crate = self.handlers // self.crates
        if self.crates == 1:
            self.root(per_crate)
            return
        self.package(f"{self.name}_shared", {"lib.rs": self.shared()}, [])
        for k, name in enumerate(self.modules()):
            self.module_crate(name, k, per_crate)
        self.root(0)

    # Files

    def package(self, name, files, dependencies):
        folder = self.folder / name
        (folder / "src").mkdir(parents=True, exist_ok=True)
        lines = [f'{other} = {{ path = "../{other}" }}' for other in dependencies]
        if self.style == "partitura":
            lines.append(f'partitura = {{ path = {json.dumps(str(ROOT / "partitura"))} }}')
        lines += ['serde = { version = "1", features = ["derive"] }', 'schemars = "1"', 'serde_json = "1"']
        lines.append('tokio = { version = "1", default-features = false, features = ["rt-multi-thread", "time"] }')
        manifest = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2024"\npublish = false\n\n[dependencies]\n'
        (folder / "Cargo.toml").write_text(manifest + "\n".join(lines) + "\n")
        for path, text in files.items():
            (folder / "src" / path).write_text(text)

    def shared(self):
        if self.style == "partitura":
            return SHARED.replace("Error>", "partitura::Error>")
        return SHARED + BY_HAND_SHARED

    def module_crate(self, name, k, handlers):
        files = self.handler_files(k, handlers)
        chapters = "".join(f"pub mod {path[:-3]};\n" for path in sorted(files))
        shared = f"{self.name}_shared"
        if self.style == "partitura":
            head = f'use {shared}::Store;\npartitura::module! {{ name: "m{k}", imports: [dyn Store] }}\n'
        else:
            head = f"use {shared}::{{Entry, Store}};\nuse std::sync::Arc;\n" + self.services() + self.entries(files)
        files = {**files, "lib.rs": "#![allow(dead_code)]\n" + head + chapters + self.ledgers()}
        self.package(name, files, [shared])

    def root(self, handlers):
        files = self.handler_files(0, handlers) if handlers else {}
        chapters = "".join(f"pub mod {path[:-3]};\n" for path in sorted(files))
        shared = f"{self.name}_shared"
        modules = self.modules() if self.crates > 1 else []
        if self.style == "partitura":
            head = "#![allow(dead_code)]\nuse partitura::prelude::*;\nuse partitura::Result;\n"
            head += self.shared() if self.crates == 1 else f"pub use {shared}::Store;\n"
            head += DISK.replace("pub struct", "#[injectable(as dyn Store)]\npub struct")
            if self.crates == 1:
                head += "partitura::app! { pub Bank { modules: [] } }\n" + self.ledgers()
            else:
                head += 'partitura::module! { name: "infra", exports: [dyn Store] }\n'
                head += f"partitura::app! {{ pub Bank {{ modules: [crate, {', '.join(modules)}] }} }}\n"
            head += MAIN
        else:
            head = "#![allow(dead_code)]\nuse std::sync::Arc;\n"
            if self.crates == 1:
                head += self.shared() + DISK
                head += self.services() + self.entries(files) + self.ledgers()
                head += f"fn main() {{\n    let services = {self.made('')};\n    let entries = entries();\n"
                head += "    println!(\"ready {}\", entries.len() + Arc::strong_count(&services.store));\n}\n"
            else:
                head += f"pub use {shared}::{{Error, Result, Store}};\n" + DISK
                head += "fn main() {\n    let store: Arc<dyn Store> = Arc::new(Disk);\n    let mut count = 0;\n"
                for name in modules:
                    head += f"    let services = {self.made(name + '::', 'store.clone()')};\n"
                    head += f"    count += {name}::entries().len() + Arc::strong_count(&services.store);\n"
                head += '    println!("ready {count}");\n}\n'
        self.package(self.name, {**files, "main.rs": head + chapters}, [shared, *modules] if modules else [])

    # Text

    def ledgers(self):
        attribute = "#[partitura::injectable]\n" if self.style == "partitura" else ""
        text = ""
        for n in range(self.per_crate_singletons()):
            inner = "" if n == 0 else f" pub(crate) before: std::sync::Arc<Ledger{n - 1}> "
            text += f"{attribute}pub struct Ledger{n} {{{inner}}}\n"
        return text

    def per_crate_singletons(self):
        return max(1, self.singletons // self.crates)

    def services(self):
        fields = "".join(f"    pub ledger{n}: Arc<Ledger{n}>,\n" for n in range(self.per_crate_singletons()))
        return f"pub struct Services {{\n{fields}    pub store: Arc<dyn Store>,\n}}\n"

    def made(self, path, store="Arc::new(Disk)"):
        if path:
            return f"{path}services({store})"
        return f"services({store})"

    def entries(self, files):
        text = "pub fn services(store: Arc<dyn Store>) -> Services {\n"
        for n in range(self.per_crate_singletons()):
            inner = "" if n == 0 else f" before: ledger{n - 1}.clone() "
            text += f"    let ledger{n} = Arc::new(Ledger{n} {{{inner}}});\n"
        fields = ", ".join(f"ledger{n}" for n in range(self.per_crate_singletons()))
        text += f"    Services {{ {fields}, store }}\n}}\n"
        text += "pub fn entries() -> Vec<Entry<Services>> {\n    let mut entries = Vec::new();\n"
        text += "".join(f"    {path[:-3]}::register(&mut entries);\n" for path in sorted(files))
        return text + "    entries\n}\n"

    def handler_files(self, k, handlers):
        first = k * handlers
        files = {}
        for start in range(0, handlers, PER_FILE):
            numbers = range(first + start, first + min(start + PER_FILE, handlers))
            files[f"chapter{start // PER_FILE}.rs"] = self.chapter(k, numbers, 0, False)
        return files

    def chapter(self, k, numbers, edit, short):
        """One file. `edit` is a number in the first body; `short` leaves a parameter out of its signature."""
        shared = "crate" if self.crates == 1 else f"{self.name}_shared"
        if self.style == "partitura":
            text = f"use partitura::Result;\nuse partitura::prelude::*;\n\nuse {shared}::Store;\n"
            derives = "Serialize, Deserialize, JsonSchema, Command"
        else:
            text = "use schemars::JsonSchema;\nuse serde::{Deserialize, Serialize};\n\n"
            text += f"use {shared}::{{Entry, Result, Store, entry}};\nuse crate::Services;\n"
            derives = "Serialize, Deserialize, JsonSchema"
        text += "use crate::*;\n"
        register = ""
        for position, i in enumerate(numbers):
            first = position == 0
            ledger = i % self.per_crate_singletons()
            parameters = f"command: Open{i}, ledger: &Ledger{ledger}, store: &dyn Store"
            arguments = f"message, &services.ledger{ledger}, &*services.store"
            if first and short:
                parameters = f"command: Open{i}, store: &dyn Store"
                arguments = "message, &*services.store"
            text += MESSAGE.format(i=i, derives=derives)
            head = HANDLER if self.style == "partitura" else BY_HAND
            text += head.format(i=i, parameters=parameters)
            body = BODY.format(call="store", edit=edit if first else 0)
            text += body if first and short else body.replace("{\n", "{\n    let _ = ledger;\n", 1)
            register += (
                f'    entries.push(entry("m{k}.Open{i}", "Opens number {i}.", |services: &Services, message: Open{i}| '
                f"Box::pin(open{i}({arguments}))));\n"
            )
        if self.style == "hand":
            text += f"\npub fn register(entries: &mut Vec<Entry<Services>>) {{\n{register}}}\n"
        return text

    # Edits

    def edit(self, what):
        """Edits the first handler: its `body`, or its `signature`."""
        if what == "body":
            self.edited += 1
        else:
            self.short = not self.short
        numbers = range(min(PER_FILE, self.handlers // self.crates))
        path = self.folder / self.modules()[0] / "src" / "chapter0.rs"
        path.write_text(self.chapter(0, numbers, self.edited, self.short))


def workspace(folder, programs):
    """One workspace of them all: one lock, and dependencies that are built once."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for program in programs:
        program.write()
    members = [f'"{program.name}/{package}"' for program in programs for package in program.packages()]
    profile = '\n[profile.dev]\ndebug = "line-tables-only"\n\n[profile.release]\nlto = "thin"\n'
    (folder / "Cargo.toml").write_text(
        f'[workspace]\nresolver = "3"\nmembers = [{", ".join(members)}]\n' + profile
    )
    # The compiler and the versions that the project itself is built with.
    shutil.copy(ROOT / "rust-toolchain.toml", folder / "rust-toolchain.toml")
    if not (folder / "Cargo.lock").exists():
        shutil.copy(ROOT / "Cargo.lock", folder / "Cargo.lock")
