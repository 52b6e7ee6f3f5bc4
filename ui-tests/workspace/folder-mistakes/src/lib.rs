//! Folders with mistakes in them.

partitura::module! { name: "folders" }

partitura::folder!(pub good = "src/good", orchestrate, strict);
partitura::folder!(pub misspelt = "src/god", orchestrate);
partitura::folder!(pub empty = "src/empty");
partitura::folder!(pub doubled = "src/doubled");
partitura::folder!(pub gaps = "src/gaps", strict);
partitura::folder!(pub nothing_to_run = "src/nothing_to_run", orchestrate);
partitura::folder!(pub names = "src/names");
partitura::folder!(pub unwatched = "src/unwatched");
