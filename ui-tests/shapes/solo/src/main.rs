//! A program with a module of its own, and two applications over it.

use partitura::prelude::*;

partitura::module! { name: "tower", exports: [dyn Bell] }
partitura::app! { pub Solo { modules: [crate] } }
partitura::app! { pub Duo { modules: [crate, pair] } }

/// Rings.
pub trait Bell: Send + Sync {
    /// The sound.
    fn sound(&self) -> String;
}

/// Of bronze.
#[injectable(as dyn Bell)]
pub struct Bronze;

impl Bell for Bronze {
    fn sound(&self) -> String {
        "dong".into()
    }
}

/// Rings the bell.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Ring {}

#[handler]
async fn ring(_command: Ring, bell: &dyn Bell) -> Result<String> {
    Ok(bell.sound())
}

fn main() -> std::process::ExitCode {
    Solo::main()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Glass(usize);
    impl Bell for Glass {
        fn sound(&self) -> String {
            format!("ting {}", self.0)
        }
    }

    /// Same process, same handlers, other objects, at the same time.
    #[tokio::test]
    async fn two_applications_share_nothing() {
        let solo = Solo::builder().build().await.unwrap();
        let mut ringing = Vec::new();
        for number in 0..8 {
            let app = Duo::builder().replace::<dyn Bell>(Arc::new(Glass(number))).build().await.unwrap();
            ringing.push(async move {
                let sounds = tokio::join!(app.send(Ring {}), app.send(Ring {}));
                (sounds.0.unwrap(), sounds.1.unwrap())
            });
        }
        let mut all = Vec::new();
        for (number, rung) in ringing.into_iter().enumerate() {
            let (sounds, bronze) = tokio::join!(rung, solo.send(Ring {}));
            assert_eq!(bronze.unwrap(), "dong");
            assert_eq!(sounds, (format!("ting {number}"), format!("ting {number}")));
            all.push(number);
        }
        assert_eq!(all.len(), 8);
    }

    #[tokio::test]
    async fn what_is_not_listed_is_not_there() {
        let (solo, duo) = (Solo::builder().build().await.unwrap(), Duo::builder().build().await.unwrap());
        let word = serde_json::json!({ "of": "ab" });
        assert_eq!(duo.execute("pair.Count", word.clone()).await.unwrap(), 2);
        assert_eq!(solo.execute("pair.Count", word).await.unwrap_err().http_status(), 404);
        assert_eq!(solo.execute("tower.Ring", serde_json::json!({})).await.unwrap(), "dong");
        let entries = |blueprint: &'static partitura::Blueprint| -> Vec<usize> {
            blueprint.modules.iter().map(|module| module.entries.entries().len()).collect()
        };
        assert_eq!((entries(Solo::BLUEPRINT), entries(Duo::BLUEPRINT)), (vec![2], vec![2, 2]));
    }
}
