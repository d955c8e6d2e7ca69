//! How long programs are, and how many instructions a call runs.

use super::*;

const CONTAINER: &str = include_str!("container.txt");

const WITH_RULES: &str = "advanced_rules:
- {syscall: socket, action: allow, conditions: [{arg: 0, op: ne, value: 40}]}
- {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0}]}
- {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 8}]}
- {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0x20000}]}
- {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0x20008}]}
- {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0xffffffff}]}
- {syscall: clone, action: allow, conditions: [{arg: 0, op: masked_eq, mask: 0x7e020000, value: 0}]}
";

fn container(more: &str) -> Meaning {
    let names: Vec<&str> = CONTAINER.lines().filter(|line| !line.starts_with('#')).collect();
    let yaml = format!("allow: [{}]\n{more}", names.join(", "));
    let section = serde_yaml::from_str(&yaml).unwrap();
    resolve(Some(&section), Arch::X86_64, &Document::default(), &mut Sink::new())
}

fn executed(program: &Program, call: &Call) -> (u32, usize) {
    let (mut at, mut a, mut n) = (0, 0_u32, 0);
    loop {
        let one = program.instructions[at];
        n += 1;
        at += 1;
        let holds = match one.code {
            0x20 => {
                a = match one.k {
                    0 => call.number,
                    4 => call.audit_arch,
                    k => {
                        let arg = call.args[(k as usize - 16) / 8];
                        u32::try_from(if k % 8 == 0 { arg & 0xFFFF_FFFF } else { arg >> 32 })
                            .unwrap()
                    }
                };
                continue;
            }
            0x54 => {
                a &= one.k;
                continue;
            }
            5 => {
                at += one.k as usize;
                continue;
            }
            6 => return (one.k, n),
            0x15 => a == one.k,
            0x25 => a > one.k,
            0x35 => a >= one.k,
            _ => a & one.k != 0,
        };
        at += usize::from(if holds { one.jt } else { one.jf });
    }
}

#[test]
fn sizes() {
    for (what, more) in
        [("plain", ""), ("rules", WITH_RULES), ("three", "architectures: [x86, x32]\n")]
    {
        let mut meaning = container(more);
        if let Ok(without) = std::env::var("NOGUARD") {
            for name in without.split(',') {
                meaning
                    .native
                    .calls
                    .get_mut(&syscall_number(Arch::X86_64, name).unwrap())
                    .unwrap()
                    .guard = None;
            }
        }
        let (program, report) = emitted(&meaning);
        let t = std::time::Instant::now();
        for _ in 0..20 {
            let _p = generate(&meaning);
        }
        let g = t.elapsed() / 20;
        let t = std::time::Instant::now();
        for _ in 0..20 {
            check(&meaning, &program).unwrap();
        }
        println!("generate {g:?} check {:?}", t.elapsed() / 20);
        let mut runs = Vec::new();
        for (name, number) in names(Arch::X86_64) {
            let call = Call { audit_arch: Arch::X86_64.audit(), number, args: [1, 0, 0, 0, 0, 0] };
            let (value, n) = executed(&program, &call);
            if value == 0x7fff_0000 {
                runs.push((n, name));
            }
        }
        let sum: usize = runs.iter().map(|(n, _)| n).sum();
        println!(
            "{what}: {} instructions, {} allowed, mean {:.3} max {:?} {report:?}",
            program.instructions.len(),
            runs.len(),
            sum as f64 / runs.len() as f64,
            runs.iter().max()
        );
        for name in ["socket", "ioctl", "clone", "personality"] {
            println!("   {name}: {:?}", runs.iter().find(|(_, n)| *n == name));
        }
        if std::env::var("SHOW").is_ok() {
            println!("{program}");
        }
    }
}
