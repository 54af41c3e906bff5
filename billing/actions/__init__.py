"""What moves money: opening a payment, booking it, giving it up, and the terms it buys. Rows are
locked before they are judged.
"""
