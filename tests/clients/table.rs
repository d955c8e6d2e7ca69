//! What is tried: each program with what it prints in the end, and what it says where a name is not listed.

/// A program, and what it asks of the world.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    /// What has to be installed.
    pub(crate) program: &'static str,
    /// What a shell runs, in an empty directory.
    pub(crate) command: &'static str,
    /// The end of what it prints.
    pub(crate) prints: &'static str,
    /// The names that it takes, the one that it asks for first before the others.
    pub(crate) names: &'static [&'static str],
    /// For how many seconds the client retries by itself where a name is unknown.
    pub(crate) retry_seconds: u64,
    /// What it says where it does not get that name.
    pub(crate) refused: &'static str,
}

pub(crate) const CLIENTS: [Client; 12] = [
    Client {
        name: "pip",
        program: "/usr/lib/python3/dist-packages/pip",
        retry_seconds: 8,
        command: "/usr/bin/python3 -m pip install --no-input --disable-pip-version-check --index-url https://pypi.test/simple --target site tiny && \
                PYTHONPATH=site /usr/bin/python3 -c 'import tiny; print(tiny.WORD)'",
        prints: "from the wheel\n",
        names: &["pypi.test", "files.pypi.test"],
        refused: "Name or service not known",
    },
    Client {
        name: "npm",
        program: "npm",
        retry_seconds: 71,
        command: "npm install --registry https://npm.test/ --no-audit --no-fund --no-update-notifier tiny && node -p 'require(\"tiny\")'",
        prints: "from npm\n",
        names: &["npm.test"],
        refused: "ENOTFOUND",
    },
    Client {
        name: "cargo",
        program: "cargo",
        retry_seconds: 10,
        command: "mkdir -p src .cargo && touch src/lib.rs && \
                printf '[package]\\nname = \"own\"\\nversion = \"0.0.0\"\\nedition = \"2021\"\\n[dependencies]\\ntiny = \"1\"\\n' >Cargo.toml && \
                printf '[source.crates-io]\\nreplace-with = \"here\"\\n[source.here]\\nregistry = \"sparse+https://crates.test/\"\\n' >.cargo/config.toml && \
                cargo vendor --respect-source-config && cut -d ' ' -f 5- vendor/tiny/src/lib.rs",
        prints: "\"from the crate\";\n",
        names: &["crates.test", "static.crates.test"],
        refused: "Could not resolve host",
    },
    Client {
        name: "git",
        program: "git",
        retry_seconds: 0,
        command: "git clone https://git.test/tiny.git clone && cat clone/word",
        prints: "from the repository\n",
        names: &["git.test"],
        refused: "Could not resolve host",
    },
    Client {
        name: "curl",
        program: "curl",
        retry_seconds: 0,
        command: "curl -sS https://web.test/hello",
        prints: "hello from web.test\n",
        names: &["web.test"],
        refused: "Could not resolve host",
    },
    Client {
        name: "wget",
        program: "wget",
        retry_seconds: 0,
        command: "wget -nv -O - https://web.test/hello",
        prints: "hello from web.test\n",
        names: &["web.test"],
        refused: "unable to resolve host address",
    },
    Client {
        name: "apt-get",
        program: "apt-get",
        retry_seconds: 7,
        command: "mkdir -p apt/etc/apt.conf.d apt/etc/preferences.d apt/state/lists/partial apt/cache/archives/partial && touch apt/status && \
                echo 'deb [trusted=yes] https://deb.test/ ./' >apt/etc/sources.list && \
                printf 'Dir::Etc \"/output/apt/etc\";\\nDir::State \"/output/apt/state\";\\nDir::State::status \"/output/apt/status\";\\nDir::Cache \"/output/apt/cache\";\\nAPT::Sandbox::User \"\";\\nAcquire::Languages \"none\";\\n' >apt.conf && \
                export APT_CONFIG=/output/apt.conf && apt-get update -o APT::Update::Error-Mode=any && apt-get download tiny && \
                dpkg-deb --fsys-tarfile tiny_1.0_all.deb | tar -xO ./usr/share/tiny/word",
        prints: "from the archive\n",
        names: &["deb.test"],
        refused: "Could not resolve 'deb.test'",
    },
    Client {
        name: "node's fetch",
        program: "node",
        retry_seconds: 0,
        command: "node -e \"fetch('https://web.test/hello').then((answer) => answer.text()).then((text) => process.stdout.write(text))\"",
        prints: "hello from web.test\n",
        names: &["web.test"],
        refused: "ENOTFOUND",
    },
    Client {
        name: "urllib",
        program: "/usr/bin/python3",
        retry_seconds: 0,
        command: "/usr/bin/python3 -c \"import urllib.request as u; print(u.urlopen('https://web.test/hello').read().decode(), end='')\"",
        prints: "hello from web.test\n",
        names: &["web.test"],
        refused: "Name or service not known",
    },
    Client {
        name: "requests",
        program: "/usr/lib/python3/dist-packages/requests",
        retry_seconds: 0,
        command: "/usr/bin/python3 -c \"import requests; print(requests.get('https://web.test/hello').text, end='')\"",
        prints: "hello from web.test\n",
        names: &["web.test"],
        refused: "Name or service not known",
    },
    Client {
        name: "java",
        program: "keytool",
        retry_seconds: 0,
        command: "keytool -importcert -noprompt -alias test -file \"$SSL_CERT_FILE\" -keystore store -storepass changeit && \
                java -Djavax.net.ssl.trustStore=store -Djavax.net.ssl.trustStorePassword=changeit /probes/Fetch.java https://web.test/hello",
        prints: "hello from web.test\n",
        names: &["web.test"],
        refused: "java.nio.channels.UnresolvedAddressException",
    },
    Client {
        name: "openssl",
        program: "openssl",
        retry_seconds: 0,
        command: "printf 'GET /hello HTTP/1.0\\r\\nHost: web.test\\r\\n\\r\\n' | openssl s_client -connect web.test:443 -quiet",
        prints: "hello from web.test\n",
        names: &["web.test"],
        refused: "connect:errno=",
    },
];
