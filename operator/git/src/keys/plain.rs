//! The keys of configuration that are safe with any value: git and other tools run no command because of them, write no file outside of the
//! repository, and connect to no other host. Reviewed in git-config(1) of git 2.47, and the pages that it names.

/// The sections that have such keys. A subsection is `*` for any; a name ends with `*` for each name that begins so.
const SECTIONS: &[(&str, &str)] = &[
    ("add", "ignoreerrors"),
    ("advice", "*"),
    ("am", "keepcr messageid threeway"),
    ("apply", "ignorewhitespace whitespace"),
    ("archive", "umask"),
    ("annex", "uuid version"),
    ("attr", "tree"),
    ("author", "email name"),
    (
        "bitmappseudomerge",
        "*.decay *.maxmerges *.pattern *.samplerate *.stablesize *.stablethreshold *.threshold",
    ),
    (
        "blame",
        "blankboundary coloring date ignorerevsfile markignoredlines markunblamablelines showemail \
         showroot",
    ),
    (
        "branch",
        "*.description *.gh-merge-base *.github-pr-* *.merge *.rebase *.vscode-merge-base autosetupmerge \
         autosetuprebase sort",
    ),
    (
        "checkout",
        "defaultremote guess thresholdforparallelism workers",
    ),
    ("clean", "requireforce"),
    ("color", "* *.*"),
    ("column", "branch clean status tag ui"),
    ("commit", "cleanup gpgsign status verbose"),
    (
        "commitgraph",
        "changedpathsversion generationversion maxnewfilters readchangedpaths",
    ),
    ("committer", "email name"),
    ("completion", "commands"),
    (
        "core",
        "abbrev alternaterefsprefixes attributesfile autocrlf bare bigfilethreshold \
         checkroundtripencoding checkstat commentchar commentstring commitgraph compression \
         createobject deltabasecachelimit eol excludesfile filemode filesreflocktimeout \
         fsmonitorhookversion fsync fsyncmethod fsyncobjectfiles hidedotfiles ignorecase \
         logallrefupdates loosecompression maxtreedepth multipackindex notesref packedgitlimit \
         packedgitwindowsize packedrefstimeout precomposeunicode prefersymlinkrefs preloadindex \
         protecthfs protectntfs quotepath repositoryformatversion restrictinheritedhandles safecrlf \
         sparsecheckout sparsecheckoutcone splitindex symlinks trustctime \
         unsetenvvars untrackedcache usereplacerefs warnambiguousrefs whitespace",
    ),
    (
        "credential",
        "*.interactive *.usehttppath *.username interactive usehttppath username",
    ),
    ("credentialcache", "ignoresighup"),
    ("credentialstore", "locktimeoutms"),
    (
        "diff",
        "*.binary *.cachetextconv *.trustexitcode *.wordregex *.xfuncname algorithm \
         autorefreshindex colormoved colormovedws context dirstat dstprefix \
         indentheuristic interhunkcontext mnemonicprefix noprefix orderfile relative renamelimit \
         renames srcprefix statgraphwidth statnamewidth submodule suppressblankempty trustexitcode \
         wordregex wserrorhighlight",
    ),
    (
        "difftool",
        "*.hideresolved *.trustexitcode guidefault prompt trustexitcode",
    ),
    (
        "extensions",
        "compatobjectformat noop noop-v1 objectformat preciousobjects refstorage relativeworktrees \
         worktreeconfig",
    ),
    ("fastimport", "unpacklimit"),
    ("feature", "*"),
    (
        "fetch",
        "all fsck.* fsckobjects negotiationalgorithm output parallel prune prunetags \
         recursesubmodules showforcedupdates unpacklimit writecommitgraph",
    ),
    ("filter", "*.required"),
    (
        "format",
        "attach cc coverfromdescription coverletter encodeemailheaders filenamemaxlength \
         forceinbodyfrom from headers mboxrd noprefix notes numbered pretty signature \
         signoff subjectprefix thread to useautobase",
    ),
    ("fsck", "*"),
    ("fsmonitor", "allowremote"),
    (
        "gc",
        "*.reflogexpire *.reflogexpireunreachable aggressivedepth aggressivewindow auto autodetach \
         autopacklimit bigpackthreshold cruftpacks logexpiry maxcruftsize packrefs pruneexpire \
         reflogexpire reflogexpireunreachable repackfilter rerereresolved rerereunresolved \
         worktreepruneexpire writecommitgraph",
    ),
    ("gitflow", "branch.* initialized origin prefix.*"),
    (
        "gitweb",
        "avatar blame category description grep highlight owner patches pickaxe remote_heads \
         showsizes snapshot url",
    ),
    (
        "gpg",
        "format mintrustlevel ssh.allowedsignersfile ssh.revocationfile",
    ),
    (
        "grep",
        "column extendedregexp fallbacktonoindex fullname linenumber patterntype threads",
    ),
    (
        "gui",
        "blamehistoryctx commitmsgwidth copyblamethreshold diffcontext displayuntracked encoding \
         fastcopyblame geometry matchtrackingbranch newbranchtemplate pruneduringfetch trustmtime \
         wmstate",
    ),
    (
        "guitool",
        "*.argprompt *.confirm *.needsfile *.noconsole *.norescan *.prompt *.revprompt \
         *.revunmerged *.title",
    ),
    ("help", "autocorrect format"),
    (
        "http",
        "*.lowspeedlimit *.lowspeedtime *.maxrequests *.minsessions *.noepsv *.postbuffer \
         *.useragent *.version lowspeedlimit lowspeedtime maxrequests minsessions noepsv postbuffer \
         useragent version",
    ),
    (
        "index",
        "recordendofindexentries recordoffsettable skiphash sparse threads version",
    ),
    ("init", "defaultbranch defaultobjectformat defaultrefformat"),
    ("instaweb", "local"),
    ("interactive", "singlekey"),
    (
        "log",
        "abbrevcommit date decorate diffmerges excludedecoration follow graphcolors \
         initialdecorationset mailmap showroot showsignature",
    ),
    ("lfs", "*.access *.locksverify repositoryformatversion"),
    ("lsrefs", "unborn"),
    ("mailinfo", "scissors"),
    ("mailmap", "blob file"),
    (
        "maintenance",
        "*.auto *.enabled *.schedule auto autodetach commit-graph.auto incremental-repack.auto \
         loose-objects.auto repo strategy",
    ),
    ("man", "viewer"),
    (
        "merge",
        "*.name *.recursive autostash branchdesc conflictstyle defaulttoupstream directoryrenames \
         ff log renamelimit renames renormalize stat suppressdest verbosity verifysignatures",
    ),
    (
        "mergetool",
        "*.hideresolved *.trustexitcode guidefault hideresolved keepbackup keeptemporaries \
         meld.hasoutput meld.useautomerge prompt writetotemp",
    ),
    (
        "notes",
        "*.mergestrategy displayref mergestrategy rewrite.* rewritemode rewriteref",
    ),
    (
        "pack",
        "allowpackreuse compression deltacachelimit deltacachesize depth indexversion island \
         islandcore packsizelimit preferbitmaptips readreverseindex threads \
         usebitmapboundarytraversal usebitmaps usesparse window windowmemory writebitmaphashcache \
         writebitmaplookuptable writereverseindex",
    ),
    ("pretty", "*"),
    ("protocol", "version"),
    ("pull", "ff rebase"),
    (
        "push",
        "autosetupremote default followtags gpgsign negotiate pushoption recursesubmodules \
         usebitmaps useforceifincludes",
    ),
    (
        "rebase",
        "abbreviatecommands autosquash autostash backend forkpoint maxlabellength \
         missingcommitscheck rebasemerges reschedulefailedexec stat updaterefs",
    ),
    (
        "receive",
        "advertiseatomic advertisepushoptions autogc certnonceseed certnonceslop denycurrentbranch \
         denydeletecurrent denydeletes denynonfastforwards fsck.* fsckobjects hiderefs keepalive \
         maxinputsize procreceiverefs shallowupdate unpacklimit updateserverinfo",
    ),
    (
        "reftable",
        "blocksize geometricfactor indexobjects locktimeout restartinterval",
    ),
    (
        "remote",
        "*.annex-config-uuid *.annex-cost *.annex-ignore *.annex-readonly *.annex-sync *.annex-uuid *.fetch \
         *.fetchrecursesubmodules *.followremotehead *.gh-resolved *.glab-resolved *.mirror *.prune *.prunetags *.push \
         *.serveroption *.skipdefaultupdate *.skipfetchall *.tagopt",
    ),
    (
        "repack",
        "cruftdepth cruftthreads cruftwindow cruftwindowmemory packkeptobjects updateserverinfo \
         usedeltabaseoffset usedeltaislands writebitmaps",
    ),
    ("rerere", "autoupdate enabled"),
    ("revert", "reference"),
    ("safe", "barerepository directory"),
    ("showbranch", "default"),
    ("splitindex", "maxpercentchange sharedindexexpire"),
    ("ssh", "variant"),
    ("stash", "showincludeuntracked showpatch showstat"),
    (
        "status",
        "aheadbehind branch displaycommentprefix relativepaths renamelimit renames short showstash submodulesummary",
    ),
    (
        "submodule",
        "*.active *.branch *.fetchrecursesubmodules active alternateerrorstrategy \
         alternatelocation fetchjobs propagatebranches recurse",
    ),
    ("tag", "forcesignannotated gpgsign sort"),
    ("tar", "*.remote umask"),
    (
        "trailer",
        "*.ifexists *.ifmissing *.key *.where ifexists ifmissing separators where",
    ),
    (
        "transfer",
        "advertiseobjectinfo advertisesid credentialsinurl fsckobjects hiderefs unpacklimit",
    ),
    ("uploadarchive", "allowunreachable"),
    (
        "uploadpack",
        "allowanysha1inwant allowfilter allowreachablesha1inwant allowrefinwant allowtipsha1inwant \
         hiderefs keepalive",
    ),
    ("uploadpackfilter", "*.allow allow tree.maxdepth"),
    ("user", "email name signingkey useconfigonly"),
    ("versionsort", "prereleasesuffix suffix"),
    ("worktree", "guessremote"),
];

/// Whether a key is one of these.
pub(super) fn is_plain(section: &[u8], sub: Option<&[u8]>, key: &[u8]) -> bool {
    let mut known = SECTIONS
        .iter()
        .filter(|(name, _)| name.as_bytes() == section);
    known.any(|(_, words)| {
        words.split_ascii_whitespace().any(|word| {
            let (of, name) = match word.rsplit_once('.') {
                Some((of, name)) => (Some(of), name),
                None => (None, word),
            };
            let is_name = match name.strip_suffix('*') {
                Some(begin) => key.starts_with(begin.as_bytes()),
                None => key == name.as_bytes(),
            };
            is_name
                && match (of, sub) {
                    (None, None) | (Some("*"), Some(_)) => true,
                    (Some(of), Some(sub)) => sub.eq_ignore_ascii_case(of.as_bytes()),
                    _ => false,
                }
        })
    })
}
