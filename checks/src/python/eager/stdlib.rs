//! Which modules the standard library has, by version and platform.
//!
//! Asked from `sys.stdlib_module_names` of CPython 3.10 to 3.13; 3.9, 3.14 and 3.15 after the
//! lists of changes in <https://docs.python.org/3/whatsnew/>.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use crate::python::name::PythonVersion;

/// Whether `module` (its top package) is in the standard library of `version`, on whatever
/// platform.
pub(crate) fn in_standard_library(module: &str, version: PythonVersion) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    let has = |minors: &Range<u16>| minors.contains(&version.minor);
    version.major == 3 && MINORS.get(top).is_some_and(has)
}

/// The minor versions of each module, for a look-up that costs no walk over the lists.
static MINORS: LazyLock<HashMap<&str, Range<u16>>> = LazyLock::new(|| {
    let always = ALWAYS.split(' ').map(|name| (name, 0..u16::MAX));
    let changed = CHANGED
        .iter()
        .map(|(name, since, until)| (*name, *since..*until));
    always.chain(changed).collect()
});

/// Whether a module of the standard library exists on `platform` (`sys.platform`).
pub(super) fn exists_on(module: &str, platform: &str) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    let has = |list: &str| list.split(' ').any(|name| name == top);
    let windows_only = has(WINDOWS) || module.starts_with("asyncio.windows_");
    match platform {
        "win32" => !has(UNIX) && !has(MACOS) && module != "asyncio.unix_events",
        "darwin" => !windows_only,
        _ => !windows_only && !has(MACOS),
    }
}

/// Loaded before the first line of any program, or built into CPython: never a file of the
/// repository, whatever it is called.
pub(super) fn is_built_in(module: &str) -> bool {
    BUILT_IN.split(' ').any(|name| name == module)
}

/// In `sys.modules` after start-up without `site` packages, or in `sys.builtin_module_names`.
const BUILT_IN: &str = "\
    abc atexit builtins codecs encodings errno faulthandler gc io itertools marshal os posix \
    posixpath pwd site stat sys time _abc _ast _codecs _collections _functools _imp _io _locale \
    _operator _signal _sre _stat _string _symtable _thread _tracemalloc _warnings _weakref";

/// On Windows alone.
const WINDOWS: &str = "\
    _msi _overlapped _winapi _wmi msilib msvcrt nt winreg winsound";

/// Everywhere but on Windows.
const UNIX: &str = "\
    _crypt _curses _curses_panel _posixsubprocess crypt curses fcntl grp nis ossaudiodev posix \
    pty pwd readline resource spwd syslog termios tty";

/// On macOS alone.
const MACOS: &str = "\
    _scproxy";

/// From 3.9 to 3.15.
const ALWAYS: &str = "\
    __future__ _abc _aix_support _ast _asyncio _bisect _blake2 _bz2 _codecs _codecs_cn \
    _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _collections _collections_abc \
    _compat_pickle _compression _contextvars _csv _ctypes _curses _curses_panel _datetime _dbm \
    _decimal _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib \
    _heapq _imp _io _json _locale _lsprof _lzma _markupbase _md5 _multibytecodec \
    _multiprocessing _opcode _operator _osx_support _overlapped _pickle _posixshmem \
    _posixsubprocess _py_abc _pydecimal _pyio _queue _random _scproxy _sha1 _sha3 _signal \
    _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics _string _strptime _struct \
    _symtable _thread _threading_local _tkinter _tracemalloc _uuid _warnings _weakref \
    _weakrefset _winapi _zoneinfo abc antigravity argparse array ast asyncio atexit base64 bdb \
    binascii bisect builtins bz2 cProfile calendar cmath cmd code codecs codeop collections \
    colorsys compileall concurrent configparser contextlib contextvars copy copyreg csv ctypes \
    curses dataclasses datetime dbm decimal difflib dis doctest email encodings ensurepip enum \
    errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath \
    getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib \
    importlib inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox \
    marshal math mimetypes mmap modulefinder msvcrt multiprocessing netrc nt ntpath nturl2path \
    numbers opcode operator optparse os pathlib pdb pickle pickletools pkgutil platform plistlib \
    poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data \
    pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets \
    select selectors shelve shlex shutil signal site smtplib socket socketserver sqlite3 \
    sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess \
    symtable sys sysconfig syslog tabnanny tarfile tempfile termios textwrap this threading time \
    timeit tkinter token tokenize trace traceback tracemalloc tty turtle turtledemo types typing \
    unicodedata unittest urllib uuid venv warnings wave weakref webbrowser winreg winsound \
    wsgiref xml xmlrpc zipapp zipfile zipimport zlib zoneinfo";

/// The others: first minor version, and the first without.
const CHANGED: &[(&str, u16, u16)] = &[
    ("_android_support", 13, 99),
    ("_ast_unparse", 14, 99),
    ("_bootlocale", 0, 10),
    ("_bootsubprocess", 0, 12),
    ("_colorize", 13, 99),
    ("_crypt", 0, 13),
    ("_hmac", 14, 99),
    ("_interpchannels", 13, 99),
    ("_interpqueues", 13, 99),
    ("_interpreters", 13, 99),
    ("_ios_support", 13, 99),
    ("_msi", 0, 13),
    ("_opcode_metadata", 13, 99),
    ("_py_warnings", 14, 99),
    ("_pydatetime", 12, 99),
    ("_pylong", 12, 99),
    ("_pyrepl", 13, 99),
    ("_remote_debugging", 14, 99),
    ("_sha2", 12, 99),
    ("_sha256", 0, 12),
    ("_sha512", 0, 12),
    ("_suggestions", 13, 99),
    ("_sysconfig", 13, 99),
    ("_tokenize", 11, 99),
    ("_types", 14, 99),
    ("_typing", 11, 99),
    ("_wmi", 13, 99),
    ("_zstd", 14, 99),
    ("aifc", 0, 13),
    ("annotationlib", 14, 99),
    ("asynchat", 0, 12),
    ("asyncore", 0, 12),
    ("audioop", 0, 13),
    ("binhex", 0, 11),
    ("cgi", 0, 13),
    ("cgitb", 0, 13),
    ("chunk", 0, 13),
    ("compression", 14, 99),
    ("crypt", 0, 13),
    ("distutils", 0, 12),
    ("formatter", 0, 10),
    ("imghdr", 0, 13),
    ("imp", 0, 12),
    ("lib2to3", 0, 13),
    ("mailcap", 0, 13),
    ("msilib", 0, 13),
    ("nis", 0, 13),
    ("nntplib", 0, 13),
    ("ossaudiodev", 0, 13),
    ("parser", 0, 10),
    ("pipes", 0, 13),
    ("profiling", 15, 99),
    ("smtpd", 0, 12),
    ("sndhdr", 0, 13),
    ("spwd", 0, 13),
    ("sunau", 0, 13),
    ("symbol", 0, 10),
    ("telnetlib", 0, 13),
    ("tomllib", 11, 99),
    ("uu", 0, 13),
    ("xdrlib", 0, 13),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_platforms_differ() {
        let version = |minor| PythonVersion { major: 3, minor };
        assert!(in_standard_library("os.path", version(13)));
        assert!(!in_standard_library("numpy", version(13)));
        assert!(in_standard_library("distutils.core", version(11)));
        assert!(!in_standard_library("distutils", version(12)));
        assert!(!in_standard_library("tomllib", version(10)));
        assert!(in_standard_library("tomllib", version(11)));
        assert!(!exists_on("winreg", "linux"));
        assert!(exists_on("winreg", "win32"));
        assert!(is_built_in("sys") && !is_built_in("sy"));
    }

    #[test]
    fn the_lists_are_sorted_and_no_module_is_in_both() {
        let always: Vec<&str> = ALWAYS.split(' ').collect();
        let changed: Vec<&str> = CHANGED.iter().map(|(name, ..)| *name).collect();
        assert!(always.is_sorted() && changed.is_sorted());
        assert_eq!(MINORS.len(), always.len() + changed.len());
    }
}
