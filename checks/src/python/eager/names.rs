//! Names that the standard library did not always have, and that programs try to import.
//!
//! From the "Changed in version" and "New in version" notes of <https://docs.python.org/3/library/>.

/// The minor version of Python 3 in which `module` got `name`; 0 for what is not listed.
pub(super) fn since(module: &str, name: &str) -> u16 {
    let found = SINCE
        .iter()
        .find(|(listed, _, names)| *listed == module && names.split(' ').any(|it| it == name));
    found.map_or(0, |(_, minor, _)| *minor)
}

/// The minor version of Python 3 in which `module` no longer had `name`, 0 for one of Python 2;
/// none for what is not listed.
pub(super) fn until(module: &str, name: &str) -> Option<u16> {
    let found = UNTIL
        .iter()
        .find(|(listed, _, names)| *listed == module && names.split(' ').any(|it| it == name));
    found.map(|(_, minor, _)| *minor)
}

/// From the "Removed" sections of <https://docs.python.org/3/whatsnew/>, and what Python 2 had.
const UNTIL: &[(&str, u16, &str)] = &[
    (
        "collections",
        10,
        "AsyncGenerator AsyncIterable AsyncIterator Awaitable ByteString Callable Collection Container Coroutine Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView MutableMapping MutableSequence MutableSet Reversible Sequence Set Sized ValuesView",
    ),
    ("asyncio", 11, "coroutine"),
    ("asyncio", 14, "get_child_watcher set_child_watcher"),
    ("ast", 14, "Bytes Ellipsis NameConstant Num Str"),
    ("configparser", 12, "SafeConfigParser"),
    ("fractions", 9, "gcd"),
    ("inspect", 11, "formatargspec getargspec"),
    (
        "itertools",
        0,
        "ifilter ifilterfalse imap izip izip_longest",
    ),
    ("locale", 12, "format"),
    ("os", 0, "getcwdu"),
    ("pkgutil", 12, "ImpImporter ImpLoader"),
    ("pkgutil", 14, "find_loader get_loader"),
    ("string", 0, "letters lowercase maketrans uppercase"),
    (
        "types",
        0,
        "ClassType DictType IntType ListType LongType StringType StringTypes TupleType UnicodeType",
    ),
    ("typing", 14, "ByteString"),
    ("unittest", 13, "findTestCases getTestCaseNames makeSuite"),
    (
        "urllib",
        0,
        "pathname2url quote quote_plus unquote unquote_plus url2pathname urlencode urlopen urlretrieve",
    ),
];

const SINCE: &[(&str, u16, &str)] = &[
    (
        "typing",
        10,
        "Concatenate ParamSpec ParamSpecArgs ParamSpecKwargs TypeAlias TypeGuard is_typeddict",
    ),
    (
        "typing",
        11,
        "LiteralString Never NotRequired Required Self TypeVarTuple Unpack assert_never assert_type clear_overloads dataclass_transform get_overloads reveal_type",
    ),
    ("typing", 12, "TypeAliasType override"),
    (
        "typing",
        13,
        "NoDefault ReadOnly TypeIs get_protocol_members is_protocol",
    ),
    ("typing", 14, "evaluate_forward_ref"),
    (
        "types",
        10,
        "EllipsisType NoneType NotImplementedType UnionType",
    ),
    ("types", 12, "get_original_bases"),
    ("types", 13, "CapsuleType"),
    ("warnings", 13, "deprecated"),
    ("collections.abc", 12, "Buffer"),
    ("contextlib", 10, "aclosing AsyncContextDecorator"),
    ("contextlib", 11, "chdir"),
    (
        "enum",
        11,
        "CONTINUOUS EJECT EnumCheck FlagBoundary KEEP NAMED_FLAGS ReprEnum STRICT StrEnum UNIQUE global_enum member nonmember property verify",
    ),
    ("itertools", 10, "pairwise"),
    ("itertools", 12, "batched"),
    (
        "asyncio",
        11,
        "Barrier BrokenBarrierError Runner TaskGroup Timeout timeout timeout_at",
    ),
    (
        "asyncio",
        12,
        "eager_task_factory create_eager_task_factory",
    ),
    ("datetime", 11, "UTC"),
    ("dataclasses", 10, "KW_ONLY"),
    ("inspect", 10, "get_annotations"),
    ("inspect", 12, "markcoroutinefunction"),
    ("importlib.metadata", 10, "packages_distributions"),
    ("copy", 13, "replace"),
    ("functools", 14, "Placeholder"),
    ("operator", 11, "call"),
    ("sys", 11, "exception"),
    ("sys", 12, "monitoring"),
    ("threading", 10, "gettrace getprofile"),
];

#[cfg(test)]
mod tests {
    use super::{since, until};

    #[test]
    fn names_have_a_version() {
        assert_eq!(since("typing", "Self"), 11);
        assert_eq!(since("typing", "Any"), 0);
        assert_eq!(since("collections.abc", "Buffer"), 12);
    }

    #[test]
    fn names_are_removed() {
        assert_eq!(until("collections", "Mapping"), Some(10));
        assert_eq!(until("collections", "OrderedDict"), None);
        assert_eq!(until("urllib", "quote"), Some(0));
    }
}
