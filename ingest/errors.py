"""The errors an operator may meet: a small tree, each message says what is wrong, where, and what to do next."""


class OnegridError(Exception):
    """Base of every error that onegrid raises on purpose; the command line prints it without a traceback."""


class ContractError(OnegridError):
    """A contract or city file is wrong; the message names the file, the place in it, and the mend."""


class SourceError(OnegridError):
    """A source could not be read; nothing was taken from it, the next pull asks again."""


class KeyMissingError(OnegridError):
    """A vault or token key is not at hand, or an erased one was asked for."""


class ErasedError(KeyMissingError):
    """The vault key of a feed-month was destroyed on purpose: its bytes cannot be read again."""


class VaultError(OnegridError):
    """The vault holds something it should not: a broken chain, bytes that do not match their hash."""


class ChainConflictError(OnegridError):
    """Another writer took the sequence number first; the caller reads the new head and tries again."""


class BalanceError(OnegridError):
    """The counts of a landing do not add up: fetched must be recorded + duplicate + rejected + filtered."""


class LandingError(OnegridError):
    """A batch cannot be landed on this machine; it stays sealed, and the next call tries it again."""


class BuildError(OnegridError):
    """A build failed; the message names the failed model or test and shows its first rows."""


class GateError(OnegridError):
    """A gate failed or crashed: what it judged is held back."""


class PublishError(OnegridError):
    """An edition could not be published; the old one stays current."""


class MartContractError(OnegridError):
    """The models break what readers of the marts rely on, or cannot be told as a contract; the message says what."""


class DeliveryError(OnegridError):
    """An edition could not be delivered to another system; what stood there stands there still."""


class ClosingError(OnegridError):
    """A month could not be closed or compared; nothing was recorded."""


class ExplainError(OnegridError):
    """What was asked for is not in the edition, or not told so that it is one thing; the message says what is."""


class ReportError(OnegridError):
    """A report that cannot be made: the edition or the closing has not what it tells."""


class LinkError(OnegridError):
    """What is said of two cases cannot be kept."""
