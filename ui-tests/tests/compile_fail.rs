//! One crate, one mistake, one error: each file of `cases` is compiled, and what the compiler says is compared with the
//! `.stderr` beside it. `TRYBUILD=overwrite` writes them anew; read them as the user who made the mistake would.

#[test]
fn a_mistake_is_told_at_the_token_that_was_typed() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("cases/*/*.rs");
}
