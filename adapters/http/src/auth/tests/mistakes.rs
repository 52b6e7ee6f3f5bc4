//! What a wrong configuration is told.

use partitura_runtime::env::Virtual;

use super::sign::{P256_PEM, RSA_PEM};
use super::{Folder, config, mistakes, open};

#[track_caller]
fn tells(text: &str, expected: &[&str]) {
    let told = mistakes(text);
    assert_eq!(told.lines().collect::<Vec<_>>(), expected, "{told}");
}

/// One issuer with these keys.
fn issuer(keys: &str) -> String {
    format!("[auth.bearer.main]\nissuer = \"a\"\naudience = [\"b\"]\n{keys}")
}

#[test]
fn values_are_told_with_their_place_by_the_configuration() {
    let text = "[auth]\nrealms = 1\n[auth.bearer.main]\nissuer = 1\naudiences = [\"bank\"]\nalgorithms = [\"none\"]\nleeway = \"long\"\n\
                [auth.basic.staff]\nusers.ada = { pasword = \"swordfish\" }\n\
                [auth.api_key.ops]\nkeys.deploy = { key = 12345678 }";
    let error = config(text).check().unwrap_err().to_string();
    let lines: Vec<&str> =
        error.lines().map(|line| line.split_once("partitura.toml:").map_or(line, |(_, rest)| rest)).collect();
    let expected = [
        "2:1: unknown key `auth.realms`; did you mean `realm`?",
        "4:10: `auth.bearer.main.issuer` must be a string, not 1",
        "5:1: unknown key `auth.bearer.main.audiences`; did you mean `audience`?",
    ];
    assert_eq!(&lines[..3], expected, "{error}");
    assert!(lines[3].starts_with("6:15: `auth.bearer.main.algorithms[0]` must be one of `HS256`, "), "{error}");
    assert!(lines[3].ends_with(", not `none`"), "{error}");
    assert!(lines[4].starts_with("7:10: `auth.bearer.main.leeway`"), "{error}");
    assert_eq!(lines[5], "9:15: unknown key `auth.basic.staff.users.ada.pasword`; did you mean `password`?");
    assert_eq!(lines[6], "11:23: `auth.api_key.ops.keys.deploy.key` must be a string, not an integer");
    assert!(lines[7].starts_with("missing `auth.bearer.main.audience`"), "{error}");
    assert_eq!(lines.len(), 8, "{error}");
    assert!(!error.contains("swordfish") && !error.contains("1234"), "{error}");
    // The same through the way that an application goes.
    let told = mistakes(text);
    assert_eq!(told.lines().count(), 8, "{told}");
}

#[test]
fn keys_of_an_issuer() {
    tells(&issuer(""), &["`auth.bearer.main` has no keys: set `jwks`, `jwks_file`, `key` or `key_file`"]);
    tells(
        &issuer("key = 'a'\njwks = 'https://a.example'"),
        &["`auth.bearer.main` has more than one of `jwks`, `jwks_file`, `key` and `key_file`: keep one"],
    );
    tells(
        &issuer("key = 'swordfish'"),
        &[
            "`auth.bearer.main.key` is no public key in PEM; if it is a shared secret, say so with `algorithms = [\"HS256\"]`",
        ],
    );
    tells(
        &issuer("key = 'swordfish'\nalgorithms = ['HS384']"),
        &["`auth.bearer.main.key` has 9 bytes, and HS384 needs 48 or more"],
    );
    tells(
        &issuer("key = 'base64:swordfish'\nalgorithms = ['HS256']"),
        &["`auth.bearer.main.key` is not base64 behind `base64:`; write it padded, with the alphabet of RFC 4648, 4"],
    );
    tells(
        &issuer(&format!("key = '''{RSA_PEM}'''\nalgorithms = ['RS256', 'PS256', 'ES256']")),
        &["`auth.bearer.main.key` is used with one algorithm, and `algorithms` names RS256, PS256: keep one"],
    );
    tells(
        &issuer(&format!("key = '''{P256_PEM}'''\nalgorithms = ['ES384']")),
        &["`auth.bearer.main.key` is a P-256 key, and `algorithms` names none for it"],
    );
    tells(
        &issuer(&format!("key = '''{}'''", include_str!("keys/weak.pub.pem"))),
        &["`auth.bearer.main.key` has 1024 bits, and an RSA key has 2,048 to 8,192"],
    );
    tells(
        &issuer(&format!("key = '''{}'''", include_str!("keys/ca.pem"))),
        &["`auth.bearer.main.key` is a certificate: `openssl x509 -in cert.pem -pubkey -noout` prints its public key"],
    );
    tells(
        &issuer(&format!("key = '''{}'''", include_str!("keys/server.key"))),
        &["`auth.bearer.main.key` is a private key, and only whoever makes tokens should have it: \
           `openssl pkey -in key.pem -pubout` prints the public key"],
    );
    for broken in
        [RSA_PEM.replace("END PUBLIC", "END"), RSA_PEM.replace("MIIB", "!!!!"), RSA_PEM.replace("MIIB", "MIIC")]
    {
        assert!(mistakes(&issuer(&format!("key = '''{broken}'''"))).ends_with("prints the public key"));
    }
}

#[test]
fn files() {
    let folder = Folder::new();
    let der = folder.put("key.der", [0x30, 0x82, 0xff, 0xfe]);
    tells(
        &issuer(&format!("key_file = '{der}'\nalgorithms = ['HS256']")),
        &[
            "`auth.bearer.main.key_file` is no text: a public key is PEM, a secret that is no text stands behind `base64:`",
        ],
    );
    tells(
        &issuer("key_file = '/nowhere/key.pem'"),
        &["`auth.bearer.main.key_file` cannot be read: No such file or directory (os error 2)"],
    );
    tells(
        &issuer("jwks_file = '/nowhere/keys.json'"),
        &["`auth.bearer.main.jwks_file` cannot be read: No such file or directory (os error 2)"],
    );
    let set = folder.put("keys.json", "{\"keys\":[]}");
    tells(
        &issuer(&format!("jwks_file = '{set}'")),
        &["`auth.bearer.main.jwks_file` has no key that can be used with `algorithms`"],
    );
    let empty = folder.put("ca.pem", "nothing");
    tells(
        &issuer(&format!("jwks = 'https://a.example'\nca_file = '{empty}'")),
        &["`auth.bearer.main.ca_file` has no `-----BEGIN CERTIFICATE-----` in PEM"],
    );
}

#[test]
fn addresses() {
    const HTTP: &str =
        "`auth.bearer.main.jwks` must begin with `https://`: whoever can change what `http` carries can sign tokens";
    const FORM: &str = "`auth.bearer.main.jwks` is no address: write `https://issuer.example/.well-known/jwks.json`";
    for (address, expected) in [
        ("http://id.example/keys", HTTP),
        ("http://127.0.0.1.evil.example/keys", HTTP),
        ("http://localhost.evil.example/keys", HTTP),
        ("http://10.0.0.1/keys", HTTP),
        ("ftp://id.example/keys", FORM),
        ("id.example", FORM),
        ("/keys", FORM),
        ("", FORM),
        (
            "https://ada:pw@id.example/",
            "`auth.bearer.main.jwks` has a user in its address, and is shown in logs: take it away",
        ),
    ] {
        tells(&issuer(&format!("jwks = '{address}'")), &[expected]);
    }
    for good in ["http://127.0.0.1:1/", "http://[::1]:1/", "http://LOCALHOST/", "https://id.example"] {
        assert!(open(&issuer(&format!("jwks = '{good}'")), &Virtual::new(1)).is_ok(), "{good}");
    }
}

#[test]
fn all_of_them_at_once() {
    let text = format!(
        "[auth]\nmax_header = 100\nrealm = \"b\\u00e4nk\"\n\
         [auth.bearer.main]\nissuer = \"\"\naudience = []\nleeway = \"1h\"\ntimeout = \"0s\"\nretry = \"0s\"\nrefresh = \"2d\"\n\
         ca_file = 'a'\nalgorithms = ['HS256']\njwks = 'http://127.0.0.1/'\n\
         [auth.basic.empty]\n\
         [auth.basic.staff.users]\n\"a:b\" = {{ password = \"\" }}\nada = {{}}\nbob = {{ password = \"x\", password_hash = \"y\" }}\n\
         eve = {{ password_hash = \"swordfish\" }}\n\
         fay = {{ password_hash = \"$argon2id$v=19$m=1048576,t=1,p=1$EzyA3Yed+wun7U2v05RiLg$Rk+K5Nrba1kQiwZud6oJ6DwnYdIQQbXzdm1ipukRAFE\" }}\n\
         gil = {{ password_hash = \"$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW\" }}\n\
         [auth.api_key.both]\nheader = \"a\"\nquery = \"b\"\n\
         [auth.api_key.bad]\nheader = \"x y\"\nkeys.a = {{ key = \"swordfish\" }}\nkeys.b = {{ sha256 = \"swordfish\" }}\nkeys.c = {{}}\n\
         [auth.api_key.cookie]\nheader = \"Cookie\"\nkeys.a = {{ key = \"0123456789abcdef\" }}\nkeys.b = {{ key = \"0123456789abcdef\" }}\n\
         # {RSA_PEM:.0}"
    );
    tells(
        &text,
        &[
            "`auth.max_header` must be between 256 and 65536 bytes",
            "`auth.realm` stands in a header: write printable ASCII",
            "`auth.bearer.main.issuer` is empty: write a value, or take it away",
            "`auth.bearer.main.leeway` is more than `10m`: tokens would live that much longer than they say",
            "`auth.bearer.main.timeout` must be more than `0s` and up to `60s`",
            "`auth.bearer.main.retry` must be `1s` or more: anybody can ask for a key that is not there",
            "`auth.bearer.main.stale` is less than `refresh`: keys would be gone before new ones are fetched",
            "`auth.bearer.main.ca_file` does nothing without a `jwks` that begins with `https://`",
            "`auth.bearer.main.algorithms` has HS256, which is for shared secrets, and what is published is none",
            "`auth.basic.empty` has no users: write `auth.basic.empty.users.<name>.password_hash`",
            "`auth.basic.staff.users.a:b` has a name with a colon or a control character, which RFC 7617 cannot say",
            "`auth.basic.staff.users.a:b.password` is empty: write a password",
            "`auth.basic.staff.users.ada` has no password: set `password_hash` or `password`",
            "`auth.basic.staff.users.bob` has `password` and `password_hash`: keep one",
            "`auth.basic.staff.users.eve.password_hash` is no hash of argon2: \
             `argon2 \"$(openssl rand -hex 16)\" -id -e` prints one, `$argon2id$v=19$..`",
            "`auth.basic.staff.users.fay.password_hash` costs too much for each call: take `m` up to 262144 (256 MiB) and `t` up to 16",
            "`auth.basic.staff.users.gil.password_hash` is no hash of argon2: \
             `argon2 \"$(openssl rand -hex 16)\" -id -e` prints one, `$argon2id$v=19$..`",
            "`auth.api_key.bad.header` is no name of a header: write one such as `x-api-key`",
            "`auth.api_key.bad.keys.a.key` has less than 16 characters: `openssl rand -hex 32` makes a good one",
            "`auth.api_key.bad.keys.b.sha256` is no SHA-256 in hexadecimal: `printf %s \"$KEY\" | sha256sum` prints its 64 digits",
            "`auth.api_key.bad.keys.c` has no key: set `key` or `sha256`",
            "`auth.api_key.both` has `header` and `query`: keep one, or make two tables",
            "`auth.api_key.both` has no keys: write `auth.api_key.both.keys.<name>.key`",
            "`auth.api_key.cookie.header` is read for something else: take one such as `x-api-key`",
            "`auth.api_key.cookie.keys.b` is the same key as another one: each caller has a key of its own",
        ],
    );
    assert!(!mistakes(&text).contains("swordfish"));
}

/// Not in `Debug`, not in the verb `config`.
#[test]
fn secrets_are_not_shown() {
    let text = "[auth.basic.staff]\nusers.ada = { password = \"swordfish\" }\n\
                [auth.api_key.ops]\nkeys.deploy = { key = \"swordfish-0123456789\" }\n\
                [auth.bearer.main]\nissuer = \"a\"\naudience = []\nalgorithms = [\"HS256\"]\nkey = \"swordfish swordfish swordfish swordfish\"";
    let config = config(text);
    let section: crate::auth::AuthConfig = config.section().unwrap();
    let all = open(text, &Virtual::new(1)).unwrap();
    let shown: Vec<String> = config.entries().iter().map(|entry| format!("{entry:?}")).collect();
    assert!(shown.iter().any(|line| line.contains("***")), "{shown:?}");
    assert!(!format!("{section:?} {all:?} {shown:?}").contains("swordfish"));
}
