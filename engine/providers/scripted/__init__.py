"""The provider that plays playbooks in the place of a language model."""
