"""The catalog has everything that the official SDK has."""

import unittest

import freshness
import official_sdk

# The version of `requirements.txt`. A newer one may know more: then what the catalog lacks is printed.
PINNED = "2.14.0"


class Freshness(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ours, cls.theirs = freshness.catalog(), official_sdk.operations()
        cls.lacks, cls.beyond = freshness.compare(cls.ours, cls.theirs)

    def test_catalog_lacks_nothing_of_the_pinned_sdk(self):
        missing = freshness.unexplained(self.lacks)
        if official_sdk.version() != PINNED:
            print("\n".join(missing))
            self.skipTest(f"SDK {official_sdk.version()} is not the pinned {PINNED}")
        self.assertEqual(missing, [])

    def test_sdk_was_read(self):
        self.assertGreater(len(self.theirs), 150)
        update = self.theirs["POST /v1/organizations/users/{}"]
        self.assertIn("developer", update.parameters.words["role"])
        self.assertIn("data.email", self.theirs["GET /v1/organizations/users"].reply.words)

    def test_missing_names_and_words_are_found(self):
        ours = freshness.catalog()
        del ours["DELETE /v1/organizations/users/{}"]
        ours["POST /v1/organizations/users/{}"].parameters.words["role"].discard("developer")
        ours["GET /v1/organizations/users"].reply.words.pop("data.email")
        lacks, _ = freshness.compare(ours, self.theirs)
        expected = {
            "DELETE /v1/organizations/users/{}",
            "POST /v1/organizations/users/{} parameter role: developer",
            "GET /v1/organizations/users reply data.email",
        }
        self.assertLessEqual(expected, set(lacks))

    def test_every_reason_explains_a_difference(self):
        for sign, lines in (("-", self.lacks), ("+", self.beyond)):
            for pattern, _ in freshness.reasons(sign):
                self.assertTrue(any(freshness.why(line, [(pattern, "")]) == "" for line in lines), pattern)


if __name__ == "__main__":
    unittest.main()
