"""What a guest may be given: exposure metrics, flash analysis and the certificate over every branch."""
