//! TemplateName: which modules it is made of. This is the only list.

partitura::app! { pub TemplateName { modules: [crate, domain, greeting] } }

/// What the application itself gives to its modules: the world outside.
mod world;

partitura::module! { name: "template_name", exports: [dyn domain::Directory] }

fn main() -> std::process::ExitCode {
    TemplateName::main()
}

#[cfg(test)]
mod tests {
    use greeting::Greet;

    use super::TemplateName;

    #[tokio::test]
    async fn the_modules_work_together() {
        let app = TemplateName::test().build().await.unwrap();
        app.track().send(Greet { id: 1 }).await.replied(&"Hello, Ada!".to_owned());
    }
}
