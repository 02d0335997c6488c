# A repository from nothing, with branches, a merge, a rebase and a bundle.
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.org TZ=UTC
export GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.org
clock=1700000000
commit() {
  clock=$((clock + 60))
  GIT_AUTHOR_DATE="$clock +0000" GIT_COMMITTER_DATE="$clock +0000" git commit -q -m "$1"
}
git -c init.defaultBranch=main init -q repository
cd repository || exit 1
for n in 1 2 3 4; do
  seq $n 20 >"file $n"
  git add .
  commit "Add file $n"
done
git checkout -q -b side HEAD~1
echo side >>"file 1"
git commit -q --date=@1700001000 -am "Change the first" 2>/dev/null && GIT_COMMITTER_DATE=@1700001000 git commit -q --amend --no-edit --date=@1700001000
git checkout -q main
GIT_AUTHOR_DATE=@1700002000 GIT_COMMITTER_DATE=@1700002000 git merge -q --no-edit side
git log --graph --format='%h %s %an %cd' --date=iso
git diff --stat HEAD~2
git blame -s "file 1" | tail -n 2
git status --short
git tag -a -m "first" v1 2>/dev/null && git cat-file -t v1
git gc -q
git fsck --strict 2>&1 | grep -v dangling
git bundle create -q ../all.bundle main
cd .. && git clone -q all.bundle copy -b main && git -C copy rev-parse HEAD
grep -c . copy/"file 1"
