"""What an expression of `resourcesPolicy` comes to, exactly (reference §3.7)."""

from __future__ import annotations

import fractions
import functools
import operator

from gitsidecar.model import expressions, literals, quantities

MAX_MILLI = (2**63 - 1) * 1000
"""The largest quantity that Kubernetes knows, in thousandths."""

Value = fractions.Fraction | quantities.Quantity
"""A number, or a quantity: the two types of the language."""

_SIGNS = {"+": operator.add, "-": operator.sub}
_CHOICES = {"max": max, "min": min}


def evaluate(expression: expressions.Expression, available: int) -> Value | expressions.Fault:
    """
    Return what *expression* comes to when the targets have *available* thousandths of its variable.

    Whether that is a fault never depends on *available*: a variable is a quantity, so a number is made of literals
    alone, and types and divisors are the same for all pods. What was checked once cannot fail later.
    """
    try:
        return _value(expression, quantities.Quantity(available))
    except literals.WrongError as error:
        return expressions.Fault(str(error))


@functools.lru_cache(maxsize=1024)
def fault(text: str, resource: str) -> str:
    """Say what is wrong with *text* as an expression for *resource* (cpu or memory) of any pod, or nothing."""
    found = expressions.parse(text)
    if isinstance(found, expressions.Fault):
        return found.words
    other = next((each for each in expressions.variables(found) if each != resource), None)
    if other is not None:
        return f"{other} is not known in an expression for {resource}: it may use {resource} only"
    value = evaluate(found, 0)
    return value.words if isinstance(value, expressions.Fault) else ""


def is_constant(text: str) -> bool:
    """Say whether a valid *text* comes to the same whatever the targets have."""
    return next(expressions.variables(_parsed(text)), None) is None


def compute(text: str, resource: str, available: int) -> int:
    """
    Return in thousandths what a valid *text* comes to when the targets have *available* thousandths of *resource*.

    A number is cores or bytes. Memory is whole bytes: Kubernetes warns of parts of one. What is more than Kubernetes
    can count is capped as it would do itself. The result may be negative.
    """
    value = evaluate(_parsed(text), available)
    assert not isinstance(value, expressions.Fault), value.words
    milli = max(-MAX_MILLI, min(_milli(value), MAX_MILLI))
    return _truncated(milli, 1000) * 1000 if resource == "memory" else milli


def _parsed(text: str) -> expressions.Expression:
    found = expressions.parse(text)
    assert not isinstance(found, expressions.Fault), found.words
    return found


def _value(expression: expressions.Expression, variable: quantities.Quantity) -> Value:
    match expression:
        case literals.Literal():
            return expression.value
        case expressions.Variable():
            return variable
        case expressions.Negation():
            operand = _value(expression.operand, variable)
            return quantities.Quantity(-operand.milli) if isinstance(operand, quantities.Quantity) else -operand
        case expressions.Choice():
            one, other = _value(expression.one, variable), _value(expression.other, variable)
            choose = _CHOICES[expression.name]
            if isinstance(one, fractions.Fraction) and isinstance(other, fractions.Fraction):
                return choose(one, other)
            return quantities.Quantity(choose(_milli(one), _milli(other)))
        case expressions.Chain():
            total = _value(expression.first, variable)
            for sign, term in expression.rest:
                total = _combine(total, sign, _value(term, variable), f"{sign} {expressions.enclose(term)}")
            return total


def _combine(left: Value, sign: str, right: Value, shown: str) -> Value:
    if sign in _SIGNS:
        if isinstance(left, fractions.Fraction) and isinstance(right, fractions.Fraction):
            return fractions.Fraction(_SIGNS[sign](left, right))
        return quantities.Quantity(_SIGNS[sign](_milli(left), _milli(right)))
    return _multiply(left, right, shown) if sign == "*" else _divide(left, right, shown)


def _multiply(left: Value, right: Value, shown: str) -> Value:
    if isinstance(left, fractions.Fraction) and isinstance(right, fractions.Fraction):
        return left * right
    if isinstance(left, fractions.Fraction):
        left, right = right, left
    if isinstance(left, quantities.Quantity) and isinstance(right, fractions.Fraction):
        return _scaled(left, right)
    raise literals.WrongError(f"'{shown}' multiplies a quantity by a quantity: one of the two must be a number")


def _divide(left: Value, right: Value, shown: str) -> Value:
    if isinstance(right, quantities.Quantity):
        raise literals.WrongError(f"'{shown}' divides by a quantity: divide by a number")
    if right == 0:
        raise literals.WrongError(f"'{shown}' divides by zero")
    return left / right if isinstance(left, fractions.Fraction) else _scaled(left, 1 / right)


def _scaled(quantity: quantities.Quantity, factor: fractions.Fraction) -> quantities.Quantity:
    """Multiply, truncated toward zero to thousandths at each step, as the reference does (but it reckons in floats)."""
    return quantities.Quantity(_truncated(quantity.milli * factor.numerator, factor.denominator))


def _milli(value: Value) -> int:
    if isinstance(value, quantities.Quantity):
        return value.milli
    return _truncated(value.numerator * 1000, value.denominator)


def _truncated(number: int, divisor: int) -> int:
    return number // divisor if number >= 0 else -(-number // divisor)
