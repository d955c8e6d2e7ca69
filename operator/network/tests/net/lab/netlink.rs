//! The rules of a sandbox in which the helper decides about everything, as netlink messages
//! (`linux/netfilter/nf_tables.h`): what the compiler makes out of a policy, without the policy.

/// Numbers of `nf_tables.h`.
const INET: u8 = 1;
const IPV4: u8 = 2;
const IPV6: u8 = 10;
const ACCEPT: u32 = 1;
const DROP: u32 = 0;
const JUMP: u32 = u32::MAX - 2;

/// The mark of packets that the helper sends.
const MARK: u32 = 0x77;

#[derive(Default)]
pub(super) struct Messages {
    pub(super) bytes: Vec<u8>,
    count: u32,
    last: usize,
}

impl Messages {
    pub(super) fn message(&mut self, kind: u16, flags: u16, body: impl FnOnce(&mut Self)) {
        self.last = self.bytes.len();
        self.count += 1;
        self.bytes.extend([0; 4]);
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend((flags | 1).to_ne_bytes());
        self.bytes.extend(self.count.to_ne_bytes());
        self.bytes.extend([0; 4]);
        let at = self.last;
        body(self);
        let length = u32::try_from(self.bytes.len() - at).expect("a short message");
        self.bytes[at..at + 4].copy_from_slice(&length.to_ne_bytes());
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    pub(super) fn attribute(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(value.len() + 4).expect("a short attribute");
        self.bytes.extend(length.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn nest(&mut self, kind: u16, body: impl FnOnce(&mut Self)) {
        let at = self.bytes.len();
        self.bytes.extend([0; 2]);
        self.bytes.extend((kind | 0x8000).to_ne_bytes());
        body(self);
        let length = u16::try_from(self.bytes.len() - at).expect("a short attribute");
        self.bytes[at..at + 2].copy_from_slice(&length.to_ne_bytes());
    }

    fn text(&mut self, kind: u16, text: &str) {
        self.attribute(kind, &[text.as_bytes(), &[0]].concat());
    }

    fn number(&mut self, kind: u16, number: u32) {
        self.attribute(kind, &number.to_be_bytes());
    }

    fn nft(&mut self, kind: u16, flags: u16, body: impl FnOnce(&mut Self)) {
        self.message(10 << 8 | kind, flags, |m| {
            m.raw(&[INET, 0, 0, 0]);
            m.text(1, "purple");
            body(m);
        });
    }

    fn chain(&mut self, name: &str, hook: Option<(u32, i32, u32)>) {
        self.nft(3, 0x600, |m| {
            m.text(3, name);
            if let Some((hook, priority, policy)) = hook {
                m.nest(4, |m| {
                    m.number(1, hook);
                    m.attribute(2, &priority.to_be_bytes());
                });
                m.number(5, policy);
                m.text(7, "filter");
            }
        });
    }

    fn rule(&mut self, chain: &str, body: impl FnOnce(&mut Self)) {
        self.nft(6, 0xc00, |m| {
            m.text(2, chain);
            m.nest(4, body);
        });
    }

    fn expression(&mut self, name: &str, body: impl FnOnce(&mut Self)) {
        self.nest(1, |m| {
            m.text(1, name);
            m.nest(2, body);
        });
    }

    fn meta(&mut self, key: u32, value: &[u8]) {
        self.expression("meta", |m| {
            m.number(2, key);
            m.number(1, 1);
        });
        self.compare(value);
    }

    fn payload(&mut self, base: u32, offset: u32, length: u32) {
        self.expression("payload", |m| {
            m.number(1, 1);
            m.number(2, base);
            m.number(3, offset);
            m.number(4, length);
        });
    }

    fn compare(&mut self, value: &[u8]) {
        self.expression("cmp", |m| {
            m.number(1, 1);
            m.number(2, 0);
            m.nest(3, |m| m.attribute(1, value));
        });
    }

    fn mask(&mut self, mask: &[u8]) {
        self.expression("bitwise", |m| {
            m.number(1, 1);
            m.number(2, 1);
            m.number(3, u32::try_from(mask.len()).expect("a short mask"));
            m.nest(4, |m| m.attribute(1, mask));
            m.nest(5, |m| m.attribute(1, &vec![0; mask.len()]));
        });
    }

    fn load(&mut self, register: u32, value: &[u8]) {
        self.expression("immediate", |m| {
            m.number(1, register);
            m.nest(2, |m| m.attribute(1, value));
        });
    }

    fn verdict(&mut self, code: u32, chain: Option<&str>) {
        self.expression("immediate", |m| {
            m.number(1, 0);
            m.nest(2, |m| {
                m.nest(2, |m| {
                    m.number(1, code);
                    if let Some(chain) = chain {
                        m.text(2, chain);
                    }
                });
            });
        });
    }

    fn log(&mut self, group: u16, prefix: &str) {
        self.expression("log", |m| {
            m.attribute(1, &group.to_be_bytes());
            m.text(2, prefix);
            m.number(3, 128);
            m.attribute(4, &1_u16.to_be_bytes());
        });
    }

    fn own(&mut self, chain: &str) {
        for (mask, own) in [([255, 0, 0, 0], [127, 0, 0, 0]), ([255; 4], [10, 77, 0, 2])] {
            self.rule(chain, |m| {
                m.meta(15, &[IPV4]);
                m.payload(1, 16, 4);
                m.mask(&mask);
                m.compare(&own);
                m.verdict(ACCEPT, None);
            });
        }
        for own in ["::1", "fd77::2"] {
            let own: std::net::Ipv6Addr = own.parse().expect("an address");
            self.rule(chain, |m| {
                m.meta(15, &[IPV6]);
                m.payload(1, 24, 16);
                m.compare(&own.octets());
                m.verdict(ACCEPT, None);
            });
        }
    }

    fn proxy(&mut self, family: u8, address: &[u8]) {
        self.rule("prerouting", |m| {
            m.meta(15, &[family]);
            m.load(1, address);
            m.load(2, &9_u16.to_be_bytes());
            m.expression("tproxy", |m| {
                m.number(1, u32::from(family));
                m.number(2, 1);
                m.number(3, 2);
            });
            m.verdict(ACCEPT, None);
        });
    }
}

/// The batch: port 25 is refused by the kernel, everything else goes to the helper.
pub(super) fn rules() -> Vec<u8> {
    let mut m = Messages::default();
    m.message(16, 0, |m| m.raw(&[0, 0, 0, 10]));
    m.nft(0, 0x600, |m| m.number(2, 0));
    m.chain("output", Some((3, 0, DROP)));
    m.chain("input", Some((1, 0, ACCEPT)));
    m.chain("prerouting", Some((0, -150, ACCEPT)));
    m.chain("held", None);
    m.own("prerouting");
    m.proxy(IPV4, &[127, 0, 0, 1]);
    m.proxy(IPV6, &std::net::Ipv6Addr::LOCALHOST.octets());
    m.own("output");
    m.rule("output", |m| {
        m.meta(3, &MARK.to_ne_bytes());
        m.verdict(ACCEPT, None);
    });
    m.rule("output", |m| {
        m.meta(16, &[6]);
        m.payload(2, 2, 2);
        m.compare(&25_u16.to_be_bytes());
        m.log(5, "-");
        m.expression("reject", |m| m.number(1, 1));
    });
    m.rule("output", |m| {
        m.meta(16, &[6]);
        m.verdict(JUMP, Some("held"));
    });
    m.rule("output", |m| {
        m.meta(16, &[17]);
        m.verdict(ACCEPT, None);
    });
    m.rule("held", |m| {
        m.payload(2, 13, 1);
        m.mask(&[0x12]);
        m.compare(&[2]);
        m.log(6, "");
        m.verdict(DROP, None);
    });
    m.rule("held", |m| m.verdict(ACCEPT, None));
    // The end of a batch is not acknowledged before Linux 6.10; the last rule is.
    let flags = m.last + 6;
    m.bytes[flags] |= 4;
    m.message(17, 0, |m| m.raw(&[0, 0, 0, 10]));
    m.bytes
}
