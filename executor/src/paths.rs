//! Which argument of a call is a path, by the numbers of x86-64; a test holds this against the
//! kernel's signatures. Of two paths it is the first that counts, and of mount(2) the target.

/// The position of a call's path among its arguments.
pub(crate) const fn path_argument(number: u32) -> Option<usize> {
    match number {
        2 | 4 | 6 | 21 | 59 | 76 | 80 | 82 | 83 | 84 | 85 | 86 | 87 | 88 | 89 | 90 | 92 | 94
        | 132 | 133 | 137 | 155 | 161 | 163 | 166 | 167 | 168 | 188 | 189 | 191 | 192 | 194
        | 195 | 197 | 198 | 235 | 266 => Some(0),
        165 | 179 | 254 | 257 | 258 | 259 | 260 | 261 | 262 | 263 | 264 | 265 | 267 | 268 | 269
        | 280 | 303 | 316 | 322 | 332 | 428 | 429 | 433 | 437 | 439 | 442 | 452 | 463 | 464
        | 465 | 466 | 467 | 468 | 469 => Some(1),
        301 => Some(4),
        _ => None,
    }
}
