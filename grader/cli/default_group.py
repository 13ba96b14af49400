"""Commands with a default: ``grade FILE`` needs no word before the file."""

from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter
    from typer._click.shell_completion import CompletionItem


class DefaultGroup(TyperGroup):
    """A group whose first word, where it is no command and no option, goes to ``default``."""

    default: str

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        own = {name for param in self.get_params(ctx) for name in param.opts}
        if args and args[0] not in own | self.commands.keys():
            if not ctx.resilient_parsing:
                self.check(ctx, args)
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def check(self, ctx: "Context", args: list[str]) -> None:
        """May refuse *args* by ``ctx.fail`` before they go to the default command."""

    def shell_complete(self, ctx: "Context", incomplete: str) -> "list[CompletionItem]":
        offered = super().shell_complete(ctx, incomplete)
        command = self.commands[self.default]
        with command.make_context(self.default, [], ctx, resilient_parsing=True) as below:
            names = {item.value for item in offered}
            more = command.shell_complete(below, incomplete)
            return offered + [item for item in more if item.value not in names]

    def format_help(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        self.params = [*self.commands[self.default].params, *self.params]  # printed, never parsed
        super().format_help(ctx, formatter)
