//! TemplateName: a service over HTTP.

mod notes;

partitura::app! { pub TemplateName { modules: [] } }

fn main() -> std::process::ExitCode {
    TemplateName::main()
}
