# What an agent does all day: change a file, and commit it.
echo 'def double(number): return 2 * number' > double.py
git add double.py
git commit --quiet -m 'Add double'
git log --format='%an: %s'
