"""Tests of reluscope, in the rooms of the house that they test."""
