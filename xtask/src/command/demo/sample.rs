//! The files of the sample: a package in the shape of ktrdr, and the edits of each task.

/// One file of the sample, in the state that a step brings it to.
#[derive(Debug, Clone, Copy)]
pub(super) struct File {
    /// `start`, or the task whose edit it is.
    pub(super) step: &'static str,
    /// Its path in the sample.
    pub(super) path: &'static str,
    /// Its text.
    pub(super) text: &'static str,
}

macro_rules! sample {
    ($step:literal, $path:literal) => {
        File {
            step: $step,
            path: $path,
            text: include_str!(concat!("../../../demo/", $step, "/", $path)),
        }
    };
}

/// Every file.
pub(super) const FILES: &[File] = &[
    sample!("start", "Makefile"),
    sample!("start", "README.md"),
    sample!("start", "gitignore"),
    sample!("start", "ktrdr/__init__.py"),
    sample!("start", "ktrdr/api/__init__.py"),
    sample!("start", "ktrdr/api/app.py"),
    sample!("start", "ktrdr/api/main.py"),
    sample!("start", "ktrdr/api/endpoints/__init__.py"),
    sample!("start", "ktrdr/api/endpoints/strategies.py"),
    sample!("start", "ktrdr/api/endpoints/training.py"),
    sample!("start", "ktrdr/api/services/__init__.py"),
    sample!("start", "ktrdr/api/services/training_service.py"),
    sample!("start", "ktrdr/backtesting/__init__.py"),
    sample!("start", "ktrdr/backtesting/model_loader.py"),
    sample!("start", "ktrdr/decision/__init__.py"),
    sample!("start", "ktrdr/decision/base.py"),
    sample!("start", "ktrdr/decision/engine.py"),
    sample!("start", "ktrdr/training/__init__.py"),
    sample!("start", "ktrdr/training/model_storage.py"),
    sample!("start", "tests/__init__.py"),
    sample!("start", "tests/api/test_training_service.py"),
    sample!("start", "tests/stand_ins/torch.py"),
    sample!("start", "tests/unit/__init__.py"),
    sample!("start", "tests/unit/test_backend.py"),
    sample!("2.1", "ktrdr/api/services/training_service.py"),
    sample!("2.2", "ktrdr/api/endpoints/strategies.py"),
    sample!("2.3", "ktrdr/backtesting/model_loader.py"),
    sample!("2.3", "ktrdr/training/model_storage.py"),
    sample!("2.4", "ktrdr/decision/__init__.py"),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_in_the_list() {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
        let mut found = Vec::new();
        files_under(&top, &mut found);
        let listed = FILES.iter().map(|file| top.join(file.step).join(file.path));
        let mut listed: Vec<_> = listed.collect();
        found.sort();
        listed.sort();
        assert_eq!(found, listed);
    }

    fn files_under(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files_under(&path, found);
            } else {
                found.push(path);
            }
        }
    }
}
