"""A build: tests the project's module, packs it, and runs what it has packed. The argument is the directory of the result."""
import pathlib, subprocess, sys, tempfile, unittest, zipapp

sys.path.insert(0, '')
import sums


class Sums(unittest.TestCase):
    def test_total(self):
        self.assertEqual(sums.total([1, 2, 3]), 6)


result = unittest.TextTestRunner(stream=open('/dev/null', 'w')).run(unittest.defaultTestLoader.loadTestsFromTestCase(Sums))
print('tests', result.testsRun, result.wasSuccessful())
with tempfile.TemporaryDirectory() as place:
    (pathlib.Path(place) / 'sums.py').write_text(pathlib.Path('sums.py').read_text())
    (pathlib.Path(place) / '__main__.py').write_text('import sums\nprint(sums.total([20, 22]))\n')
    packed = pathlib.Path(sys.argv[1]) / 'sums.pyz'
    packed.parent.mkdir(exist_ok=True)
    zipapp.create_archive(place, packed)
print('packed', subprocess.run([sys.executable, packed], capture_output=True, text=True).stdout.strip())
