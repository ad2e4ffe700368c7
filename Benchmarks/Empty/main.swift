// The limit of `ready-empty` and of nothing else: a program that links what `dovetail` links, and ends.
import FoundationEssentials
import Synchronization
