//! `@ci`: what a service runs when the project is pushed.

use super::group::{Group, Program};

/// Definitions of continuous integration. No output path has them without saying so: they are in version
/// control and reviewed, and programs are asked to change them.
pub(super) const CI: Group = Group {
    name: "@ci",
    is_of_home: false,
    programs: &[
        Program {
            name: "GitHub Actions",
            paths: &[".github/actions/", ".github/workflows/"],
            source: "GitHub's manual on workflows",
        },
        Program {
            name: "GitLab CI",
            paths: &[".gitlab-ci.yml", ".gitlab/"],
            source: "GitLab's manual on CI/CD",
        },
        Program {
            name: "Forgejo, Gitea",
            paths: &[".forgejo/workflows/", ".gitea/workflows/"],
            source: "their manuals on actions",
        },
        Program {
            name: "CircleCI",
            paths: &[".circleci/"],
            source: "its configuration reference",
        },
        Program {
            name: "Jenkins",
            paths: &["Jenkinsfile"],
            source: "its manual on pipelines",
        },
        Program {
            name: "Drone, Woodpecker",
            paths: &[".drone.yml", ".woodpecker.yml", ".woodpecker/"],
            source: "their manuals on pipelines",
        },
        Program {
            name: "Azure Pipelines",
            paths: &[".azure-pipelines/", "azure-pipelines.yml"],
            source: "its manual on YAML pipelines",
        },
        Program {
            name: "Bitbucket Pipelines",
            paths: &["bitbucket-pipelines.yml"],
            source: "its manual",
        },
        Program {
            name: "Travis CI",
            paths: &[".travis.yml"],
            source: "its manual",
        },
        Program {
            name: "Buildkite",
            paths: &[".buildkite/"],
            source: "its manual on pipelines",
        },
        Program {
            name: "AppVeyor",
            paths: &[".appveyor.yml", "appveyor.yml"],
            source: "its manual",
        },
        Program {
            name: "Cirrus CI",
            paths: &[".cirrus.yml"],
            source: "its manual",
        },
    ],
};
