//! The numbers of the format: its name, its widths and how large anything may be.

/// The first eight bytes of a plan. The line ends show a file that a text mode has mangled.
pub const MAGIC: [u8; 8] = *b"PURPLE\r\n";

/// The version of the format that this crate reads and writes. It moves when the layout of a
/// record changes; a new section, number or flag leaves the plans that do not use it as they are.
pub const VERSION: u16 = 4;

/// The largest plan there may be, in bytes.
pub const MAX_PLAN_BYTES: usize = 1 << 20;

/// The most steps that build the file system: a reader without an allocator has room for them.
pub const MAX_MOUNTS: usize = 512;

/// The most environment variables: with the NULL behind them, 512 pointers for execve(2).
pub const MAX_VARIABLES: usize = 511;

/// The most policies that one may inherit from: a source line has 8 bits for them.
pub const MAX_SOURCES: usize = 255;

/// The most facts of the host that a policy can name.
pub const MAX_HOST_FACTS: usize = 16;

/// The most sockets that are handed to the helper of a filtered network: they go in one message.
pub const MAX_NET_SOCKETS: usize = 9;

/// The most entries of a filtered network's policy.
pub const MAX_NET_RULES: usize = 4096;

/// The most resolvers that a plan names.
pub const MAX_NET_RESOLVERS: usize = 8;

/// The most bytes of a tmpfs: 8,388,607 TiB, the last whole TiB below 2^63. The kernel rounds a size up
/// to pages in 64 bits, so that one near 2^64 becomes 0, which means no limit (`shmem_parse_one` in
/// mm/shmem.c), and counts no file above 2^63 - 1 bytes (`MAX_LFS_FILESIZE`, linux/fs.h).
pub const MAX_TMPFS_BYTES: u64 = 8_388_607 << 40;

/// Bytes of the header: magic, version, section count, total length.
pub const HEADER_BYTES: usize = 16;

/// Bytes of one entry of the section table: kind, offset, length, record count.
pub const SECTION_ENTRY_BYTES: usize = 16;

/// Bytes of the seal, a SHA-256 digest of everything before it, at the end of the file.
pub const SEAL_BYTES: usize = 32;

/// The most instructions that the kernel takes in one seccomp program (`BPF_MAXINSNS`,
/// `linux/bpf_common.h`).
pub const MAX_INSTRUCTIONS: usize = 4096;

/// Bytes of one seccomp instruction (`struct sock_filter`, linux/filter.h).
pub const INSTRUCTION_BYTES: usize = 8;
