//! A file that is added, renamed or removed takes part at the next build, with no list to edit: this project is copied, changed
//! and built again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const COUPON: &str = "//! Coupons.

use partitura::prelude::*;

use crate::Journal;

/// Makes their table.
#[step]
pub async fn execute(journal: &Journal) -> Result<()> {
    journal.note(\"table of coupons\");
    Ok(())
}
";

/// A copy of the project, in a workspace of its own.
struct Copy(PathBuf);

impl Copy {
    fn new() -> Copy {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = own.join("../..").canonicalize().unwrap();
        // Not in the folder that `cargo` builds into: it would belong to that workspace.
        let copy = std::env::temp_dir().join(format!("ordered-{}", std::process::id()));
        drop(fs::remove_dir_all(&copy));
        copy_folder(&own.join("src"), &copy.join("src"));
        fs::copy(own.join("build.rs"), copy.join("build.rs")).unwrap();
        fs::copy(root.join("Cargo.lock"), copy.join("Cargo.lock")).unwrap();
        let path = |name: &str| root.join(name).to_string_lossy().replace('\\', "/");
        let manifest = format!(
            "[package]\nname = \"ordered\"\nedition = \"2024\"\n[workspace]\n[dependencies]\npartitura = {{ path = \"{}\" }}\n\
             schemars = \"1\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\n[build-dependencies]\n\
             partitura-build = {{ path = \"{}\" }}\n[profile.dev]\ndebug = false\n",
            path("partitura"),
            path("build"),
        );
        fs::write(copy.join("Cargo.toml"), manifest).unwrap();
        Copy(copy)
    }

    /// The steps of `models.Run`, in the order in which they ran.
    fn steps(&self) -> Result<Vec<String>, String> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../ordered-copy");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["run", "--quiet", "--offline", "--", "execute", "models.Run"])
            .current_dir(&self.0)
            .env("CARGO_TARGET_DIR", target)
            .output()
            .unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let steps = report["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap().to_owned());
        Ok(steps.collect())
    }

    fn model(&self, name: &str) -> PathBuf {
        self.0.join("src/models").join(name)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_file_that_is_added_renamed_or_removed_takes_part_at_the_next_build() {
    let copy = Copy::new();
    assert_eq!(copy.steps().unwrap(), ["user", "product", "billing"]);
    fs::write(copy.model("4_coupon.rs"), COUPON).unwrap();
    assert_eq!(copy.steps().unwrap(), ["user", "product", "billing", "coupon"], "added");
    fs::rename(copy.model("4_coupon.rs"), copy.model("0_voucher.rs")).unwrap();
    assert_eq!(copy.steps().unwrap(), ["voucher", "user", "product", "billing"], "renamed");
    fs::remove_file(copy.model("0_voucher.rs")).unwrap();
    assert_eq!(copy.steps().unwrap(), ["user", "product", "billing"], "removed");
    // In a folder within the folder, too.
    fs::write(copy.model("3_billing/4_refund.rs"), COUPON).unwrap();
    let told = copy.steps().unwrap_err();
    assert!(told.contains("`src/models/3_billing` has a gap in its numbers"), "{told}");
    fs::remove_file(copy.model("2_product.rs")).unwrap();
    let told = copy.steps().unwrap_err();
    assert!(told.contains("behind `src/models/1_user.rs` comes `src/models/3_billing` [PT0192]"), "{told}");
}
