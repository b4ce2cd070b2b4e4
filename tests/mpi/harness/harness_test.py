"""The test harness notices a failure on rank 1 alone, and a rank that throws ends the job.

usage: harness_test.py MUST_FAIL_PROGRAM MPIEXEC
"""

import os
import subprocess
import sys
import time
import unittest

PROGRAM, MPIEXEC = "", ""


def run(test, ranks):
    start = time.monotonic()
    done = subprocess.run([MPIEXEC, "-n", str(ranks), PROGRAM, f"--gtest_filter={test}.*",
                           "--gtest_color=no"],
                          capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "TVEM_TEST_PATIENCE_S": "1"})
    return done.returncode, done.stdout + done.stderr, time.monotonic() - start


class Harness(unittest.TestCase):
    def test_program_passes_where_it_should(self):
        for ranks in (1, 2, 3):
            code, text, _ = run("MustPass", ranks)
            self.assertEqual(code, 0, text)
            self.assertIn("[  PASSED  ] 1 test", text)

    def test_assertion_on_rank_1_alone_fails_and_names_the_rank(self):
        for ranks in (2, 3):
            code, text, _ = run("MustFail", ranks)
            self.assertNotEqual(code, 0, text)
            self.assertIn("rank 1: ", text)
            self.assertIn("this rank is wrong on purpose", text)
            self.assertNotIn("rank 0: ", text)
            self.assertIn("1 FAILED TEST", text)  # rank 0's own summary
            self.assertNotIn("PASSED  ] 1", text)

    def test_one_rank_is_right(self):
        code, text, _ = run("MustFail", 1)
        self.assertEqual(code, 0, text)

    def test_failures_do_not_leak_into_the_next_test(self):
        code, text, _ = run("MustFail.*:MustPass", 2)
        self.assertNotEqual(code, 0, text)
        self.assertIn("[  PASSED  ] 1 test", text)
        self.assertIn("1 FAILED TEST", text)

    def test_skip_on_rank_1_alone_is_no_failure(self):
        code, text, _ = run("MustSkip", 2)
        self.assertEqual(code, 0, text)

    def test_assertion_that_leaves_a_collective_out_ends_the_job_and_names_the_rank(self):
        code, text, seconds = run("MustLeave", 3)
        self.assertNotEqual(code, 0, text)
        self.assertIn("rank 1: ", text)
        self.assertIn("this rank left on purpose", text)
        self.assertLess(seconds, 10)

    def test_exception_on_rank_1_ends_the_job_within_10_s(self):
        code, text, seconds = run("MustThrow", 3)
        self.assertNotEqual(code, 0, text)
        self.assertIn("rank 1 threw: thrown on purpose", text)
        self.assertLess(seconds, 10)


if __name__ == "__main__":
    PROGRAM, MPIEXEC = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
