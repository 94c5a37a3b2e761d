import unittest

from shop.basket import Basket


class BasketTest(unittest.TestCase):
    def setUp(self) -> None:
        self.basket = Basket()

    def test_an_empty_basket_costs_nothing(self) -> None:
        self.assertEqual(self.basket.total_cents(), 0)

    def test_the_total_counts_each_piece(self) -> None:
        self.basket.add("apple", 40, quantity=3)
        self.basket.add("pear", 55)
        self.assertEqual(self.basket.total_cents(), 175)

    def test_an_article_added_twice_is_in_the_basket_twice(self) -> None:
        self.basket.add("apple", 40)
        self.basket.add("apple", 40)
        self.assertEqual(self.basket.quantity("apple"), 2)

    def test_a_removed_article_costs_nothing(self) -> None:
        self.basket.add("apple", 40)
        self.basket.remove("apple")
        self.assertEqual(self.basket.total_cents(), 0)

    def test_less_than_one_piece_cannot_be_added(self) -> None:
        with self.assertRaises(ValueError):
            self.basket.add("apple", 40, quantity=0)


if __name__ == "__main__":
    unittest.main()
