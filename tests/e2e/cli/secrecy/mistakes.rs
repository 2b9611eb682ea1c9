//! Secrets where none may stand: what says that a file is wrong must not repeat what is wrong in it.

use std::{fs, net::TcpListener};

use serde_json::json;

use crate::stage::{Home, PATIENCE, Running, eventually, text};

#[test]
fn a_secret_in_a_wrong_place_is_not_repeated_by_whoever_complains() {
    let url = "ws://127.0.0.1:9/";
    let pem = "-----BEGIN PRIVATE KEY-----\ncnry-k3y\n-----END PRIVATE KEY-----\n";
    let connections = json!({
        "bearer": { "url": url, "auth": { "bearer": "cnry-b3arer" } },
        "basic": { "url": url, "auth": { "basic": { "user": "ada", "password": "cnry-passw0rd" } } },
        "query": { "url": url, "auth": { "query": { "token": "cnry-qu3ry" } } },
        "two": { "url": url, "auth": { "bearer": { "env": "cnry B3ARER" }, "token": "cnry-b3arer" } },
        "scheme": { "url": "ftp://me:cnry-urlw0rd@host/?token=cnry-urlqu3ry" },
        "url": { "url": "ws://me:cnry-urlw0rd@[bad/?token=cnry-urlqu3ry" },
        "proxy": { "url": url, "proxy": "ftp://me:cnry-pr0xy@host" },
        "proxy2": { "url": url, "proxy": "me:cnry-pr0xy@host:3128" },
        "header": { "url": url, "headers": { "X-Api-Key": "cnry-h3ader\n" } },
        "header2": { "url": url, "headers": { "Authorization": ["cnry-h3ader"] } },
        "protocol": { "url": url, "subprotocols": ["cnry-pr0tocol with spaces", 7] },
        "health": { "url": url, "health_url": "ws://me:cnry-h3alth@host/?cnry-h3alth" },
        "back": { "url": url, "fallback_urls": ["nothing://cnry-b4ck@host/?cnry-b4ck"] },
        "key": { "url": url, "tls": { "client_cert": pem, "client_key": [pem] } },
        "send": { "url": url, "on_connect": "cnry-s3nd", "heartbeat": { "message": ["cnry-s3nd"], "interval": "cnry-s3nd" } },
    });
    let diagnostics = json!({ "control_url": "ftp://me:cnry-c0ntrol@host/?cnry-c0ntrol" });
    let broken = json!({ "websocket": { "connections": connections }, "diagnostics": diagnostics });
    // So that the certificate would be read.
    let listens = TcpListener::bind("127.0.0.1:0").unwrap();
    let missing = json!({ "websocket": { "connections": {
        "key": { "url": format!("wss://{}/", listens.local_addr().unwrap()), "proxy": "none", "tls": { "client_cert": pem, "client_key": pem } },
        "file": { "url": url, "auth": { "bearer": { "file": "/nowhere" } } },
    } } });
    for config in [broken, missing] {
        let home = Home::with_config(&config.to_string());
        let mut said = String::new();
        let mut keep = |words: &str| {
            let output = home.output(words);
            said += &(text(&output.stdout) + &text(&output.stderr));
        };
        for words in ["config check", "config show", "diagnose --json", "diagnose key"] {
            keep(words);
        }
        let (out, err) = (home.path("out"), home.path("err"));
        let mut command = home.command("run");
        command.stdout(fs::File::create(&out).unwrap()).stderr(fs::File::create(&err).unwrap());
        let agent = Running::adopt(command.spawn().unwrap());
        eventually("the agent answers", PATIENCE, || home.status());
        for words in ["status", "status --json", "diagnose --json"] {
            keep(words);
        }
        drop(agent);
        let logs = fs::read_dir(home.path("logs")).unwrap().flatten().map(|entry| entry.path());
        for file in logs.chain([out, err]) {
            said += &text(&fs::read(file).unwrap());
        }
        assert!(said.len() > 1000, "{said}");
        let lines: Vec<&str> = said.lines().filter(|line| line.contains("cnry")).collect();
        assert!(lines.is_empty(), "{lines:#?}");
    }
}
