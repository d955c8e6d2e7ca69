//! How many arguments each call takes; a test holds this against the kernel's signatures.
//!
//! What a register holds that a call does not take is whatever the program left there: it says nothing
//! about the call.

/// A digit a number, from 0 on. A number that no call has counts as taking all registers.
const COUNTS: &[u8] = b"\
    3331222336321441344332151533333312122131433366332323345551131421\
    3341245332112232112212212322333122211413111112111222233331111222\
    4322236122232322311122211132652121112522142213632664666666135554\
    4433322221633121533161665311443421122241443266354155234554532132\
    4434534345343365123644464632144244213215545525453214236653345332\
    5551336664215641166666666666666666666666666666666666666666666666\
    6666666666666666666666666666666666666666426435253322343456543421\
    254443464444433665455541\
";

/// How many of its registers a call takes; all of them where that is not known.
pub fn arguments_taken(number: u32) -> usize {
    let digit = usize::try_from(number)
        .ok()
        .and_then(|number| COUNTS.get(number));
    digit.map_or(6, |digit| usize::from(digit.wrapping_sub(b'0')))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::arguments_taken;
    use std::vec::Vec;

    const NUMBERS: &str = include_str!("../../../../compiler/data/syscalls/numbers.tsv");
    const SIGNATURES: &str = include_str!("../../../../compiler/data/syscalls/signatures.tsv");

    /// How many arguments the kernel's signature of a call has.
    fn of(name: &str) -> Option<usize> {
        let line = |wanted: &str| {
            SIGNATURES.lines().find_map(|line| {
                let fields: Vec<&str> = line.split('\t').collect();
                let is_it = fields.first() == Some(&name)
                    && fields.get(1)?.split(',').any(|arch| arch == wanted);
                is_it.then(|| fields.get(2).copied().unwrap_or_default())
            })
        };
        let arguments = line("x86_64").or_else(|| line("*"))?;
        Some(arguments.split(',').filter(|one| !one.is_empty()).count())
    }

    #[test]
    fn every_count_is_the_one_of_the_kernels_signatures() {
        let mut compared = 0;
        for line in NUMBERS.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let name = fields.next().unwrap_or_default();
            let Some(number) = fields.next().and_then(|number| number.parse().ok()) else {
                continue;
            };
            if let Some(count) = of(name) {
                assert_eq!(arguments_taken(number), count, "{name}");
                compared += 1;
            }
        }
        assert!(compared > 300, "{compared}");
        assert_eq!(arguments_taken(u32::MAX), 6);
    }
}
